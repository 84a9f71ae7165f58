import { mkdir, writeFile } from "node:fs/promises";
import { dirname, relative } from "node:path";

import { keeps } from "../report.ts";
import { type Estimate, toFigure } from "./estimates.ts";
import { eventsOf, type LogEvent } from "./events.ts";
import type { TrialScore } from "./scorer.ts";
import type { SegmentKind } from "./trial.ts";

/** A trial of the page. */
export interface PageTrial {
  readonly score: TrialScore;
  /** Its recording. */
  readonly file: string | undefined;
}

const PIXELS_PER_SECOND = 90;
const LABELS_PX = 90;

/** Height of a lane and of what is drawn in it. */
const LANE_PX = 30;
const BAR_PX = 20;

const LANES = ["user", "assistant", "floor", "decisions"] as const;

const COLOURS: Readonly<Record<SegmentKind, string>> = {
  query: "#2563eb",
  incomplete: "#60a5fa",
  stop: "#dc2626",
  backchannel: "#16a34a",
  "side-talk": "#a16207",
  noise: "#6b7280",
};

/** The two seats of the language model take turns. */
const SEAT_COLOURS = ["#7c3aed", "#db2777"] as const;

const FLOOR_COLOURS = { ducked: "#facc15", paused: "#fb923c", full: "#4ade80" } as const;

const STYLE =
  "body{font:14px/1.4 system-ui,sans-serif;margin:2em;color:#111;background:#fff}" +
  "table{border-collapse:collapse}td,th{border:1px solid #ddd;padding:2px 8px;text-align:left}" +
  ".missed,.failed h3{color:#b91c1c}article{border-top:1px solid #ccc;padding:.5em 0;overflow-x:auto}" +
  "h3{margin:.2em 0}svg text{font:11px system-ui,sans-serif}p{margin:.2em 0}small{color:#555}";

/** Writes one page that needs nothing else: the figures and a timeline of each trial, failed ones first. */
export async function writePage(
  file: string,
  estimates: readonly Estimate[],
  trials: readonly PageTrial[],
): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const linked = trials.map(({ score, file: sound }) => ({
    score,
    file: sound === undefined ? undefined : relative(dirname(file), sound),
  }));
  await writeFile(file, formatPage(estimates, linked));
}

/** The page as HTML. */
export function formatPage(estimates: readonly Estimate[], trials: readonly PageTrial[]): string {
  const isFailed = ({ score }: PageTrial): boolean => score.failures.length > 0;
  const ordered = [...trials.filter(isFailed), ...trials.filter((trial) => !isFailed(trial))];
  const legend = Object.entries({
    ...COLOURS,
    ...FLOOR_COLOURS,
    "seat 0": SEAT_COLOURS[0],
    "seat 1": SEAT_COLOURS[1],
  })
    .map(([name, colour]) => `<span style="color:${colour}">&#9632;</span> ${name}`)
    .join(" &nbsp; ");
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Duplex bench</title>',
    `<style>${STYLE}</style></head><body><h1>Duplex bench</h1>`,
    "<table><tr><th>figure</th><th>value</th><th>p95</th><th>n</th><th>unit</th><th>wanted</th></tr>",
    ...estimates.map(estimateRow),
    `</table><h2>Trials, ${trials.filter(isFailed).length} of ${trials.length} to look at</h2><p>${legend}</p>`,
    ...ordered.map(article),
    "</body></html>\n",
  ].join("\n");
}

function estimateRow(estimate: Estimate): string {
  const { name, unit, n, value, p95, limits } = estimate;
  const figure = toFigure(estimate);
  const number = (given: number): string => (unit === "share" ? given.toFixed(2) : given.toFixed(0));
  const wanted = limits
    .map((limit) => {
      const kept = keeps(figure, limit);
      return `<span class="${kept ? "met" : "missed"}">${limit.statistic} ${limit.bound} ${limit.value}</span>`;
    })
    .join(", ");
  const tail = unit === "share" ? "" : number(p95);
  const cells = [escape(name), number(value), tail, String(n), escape(figure.unit), wanted];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

function article({ score, file }: PageTrial): string {
  const { timeline, failures } = score;
  const { scenario, index, variant } = timeline.trial;
  const verdict = failures.length === 0 ? "as wanted" : failures.join(", ");
  const sound =
    file === undefined ? "" : `<audio controls preload="none" src="${escape(encodeURI(file))}"></audio>`;
  return [
    `<article class="${failures.length === 0 ? "passed" : "failed"}">`,
    `<h3>${scenario} ${index}, ${escape(variant)}: ${escape(verdict)}</h3>`,
    drawTimeline(score),
    ...describeOutcomes(score),
    ...describeWords(timeline.events),
    `${sound}</article>`,
  ].join("\n");
}

function drawTimeline({ timeline }: TrialScore): string {
  const { segments, utterances, events, lengthMs } = timeline;
  const width = LABELS_PX + (lengthMs / 1000) * PIXELS_PER_SECOND + 40;
  const height = LANES.length * LANE_PX + 20;
  const seconds = Array.from({ length: Math.floor(lengthMs / 1000) + 1 }, (_, second) => second);
  const seats = new Map(eventsOf(events, "answer-start").map(({ turn, seat }) => [turn, seat]));
  return [
    `<svg width="${width.toFixed(0)}" height="${height}" role="img">`,
    ...seconds.map((second) => mark(second * 1000, "#eee", `${second} s`, height - 4)),
    ...LANES.map((lane, index) => `<text x="0" y="${index * LANE_PX + 15}">${lane}</text>`),
    ...segments.map(({ kind, text, onMs, offMs }) => bar(0, onMs, offMs, COLOURS[kind], `${kind}: ${text}`)),
    ...utterances.map(({ turn, startMs, endMs }) =>
      bar(1, startMs, endMs, SEAT_COLOURS[seats.get(turn) ?? 0], `turn ${turn}`),
    ),
    ...floorBars(events, lengthMs),
    ...eventsOf(events, "answer-start").map(({ receivedMs, turn }) =>
      note(1, receivedMs, `&#9654;${turn}`, `answer ${turn} begins, seat ${seats.get(turn) ?? "?"}`),
    ),
    ...eventsOf(events, "decision").map(({ receivedMs, kind, probability, reason }) =>
      note(3, receivedMs, escape(kind), `${kind} ${probability.toFixed(2)}: ${reason}`),
    ),
    "</svg>",
  ].join("");
}

/** From each change of level to the next one; full level is only shown where it comes back. */
function floorBars(events: readonly LogEvent[], lengthMs: number): string[] {
  const changes = eventsOf(events, "floor");
  const ends = eventsOf(events, "answer-end");
  return changes.map(({ receivedMs, level, turn }, index) => {
    const over = ends.find((end) => end.turn === turn && end.receivedMs >= receivedMs)?.receivedMs;
    const untilMs = Math.min(changes[index + 1]?.receivedMs ?? lengthMs, over ?? lengthMs, lengthMs);
    return bar(2, receivedMs, level === "full" ? receivedMs + 60 : untilMs, FLOOR_COLOURS[level], level);
  });
}

function describeOutcomes({ outcomes }: TrialScore): string[] {
  const ms = (value: number | undefined): string =>
    value === undefined ? "never" : `${value.toFixed(0)} ms`;
  return outcomes.map(({ segment, overlapped, duckedMs, silentMs, responseMs, behaviour }) => {
    const over = overlapped
      ? `ducked after ${ms(duckedMs)}, silent after ${ms(silentMs)}, ${behaviour}; `
      : "";
    return `<p>${segment.kind}, "${escape(segment.text)}": ${over}next answer ${ms(responseMs)} after its end</p>`;
  });
}

function describeWords(events: readonly LogEvent[]): string[] {
  const heard = eventsOf(events, "transcript-end").map(({ turn, text }) => `heard in turn ${turn}: ${text}`);
  const said = eventsOf(events, "answer-end").map(
    ({ turn, outcome, text }) => `answer ${turn}, ${outcome}: ${text}`,
  );
  return [...heard, ...said].map((line) => `<p><small>${escape(line)}</small></p>`);
}

function bar(lane: number, startMs: number, endMs: number, colour: string, title: string): string {
  const width = Math.max(2, toX(endMs) - toX(startMs)).toFixed(1);
  const place = `x="${toX(startMs).toFixed(1)}" y="${lane * LANE_PX}" width="${width}" height="${BAR_PX}"`;
  return `<rect ${place} rx="3" fill="${colour}"><title>${escape(title)}</title></rect>`;
}

function note(lane: number, atMs: number, text: string, title: string): string {
  const place = `x="${toX(atMs).toFixed(1)}" y="${lane * LANE_PX + 15}"`;
  return `<text ${place}>${text}<title>${escape(title)}</title></text>`;
}

function mark(atMs: number, colour: string, text: string, y: number): string {
  const x = toX(atMs).toFixed(1);
  return `<line x1="${x}" x2="${x}" y1="0" y2="${y - 10}" stroke="${colour}"/><text x="${x}" y="${y}" fill="#888">${text}</text>`;
}

function toX(ms: number): number {
  return LABELS_PX + (ms / 1000) * PIXELS_PER_SECOND;
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
