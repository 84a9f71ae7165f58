import { useEffect, useState } from "preact/hooks";

import type { Mark, Span, Timeline, Turn, VoiceClient } from "../client/index.ts";
import { TurnBars } from "./turn-bars-view.tsx";
import type { Say } from "./words.ts";

const WINDOW_MS = 30_000;
const REDRAW_MS = 200;
/** For who wants nothing to move: a step now and then. */
const CALM_REDRAW_MS = 3000;
const WIDTH = 420;
const LANE_TOP = { user: 24, assistant: 92 } as const;
const LANE_HEIGHT = 22;

interface TimelineProps {
  readonly client: VoiceClient;
  readonly say: Say;
  readonly timeline: Timeline;
  readonly turns: readonly Turn[];
}

/** Two lanes, you and it: who speaks when, what is taken for what, what is lowered, held, stopped; and what answers waited for. */
export function TimelineView({ client, say, timeline, turns }: TimelineProps) {
  const { isStarted } = client.state;
  const newestMs = Math.max(
    timeline.marks.at(-1)?.atMs ?? -Infinity,
    ...timeline.spans.slice(-2).map(({ toMs }) => toMs ?? Infinity),
  );
  const endMs = client.nowMs;
  useTicks(isStarted && newestMs > endMs - WINDOW_MS);
  const x = (atMs: number): number => Math.max(0, ((atMs - endMs + WINDOW_MS) / WINDOW_MS) * WIDTH);
  const isSeen = (atMs: number): boolean => atMs > endMs - WINDOW_MS;
  const spans = timeline.spans.filter(({ toMs }) => toMs === undefined || isSeen(toMs));
  const marks = timeline.marks.filter(({ atMs }) => isSeen(atMs));
  return (
    <section class="card">
      <h2>{say("timeline")}</h2>
      <p class="hint">{say("timelineHint")}</p>
      <svg class="timeline" viewBox={`0 0 ${WIDTH} 138`} role="img" aria-label={say("timeline")}>
        <line class="axis" x1="0" x2={WIDTH} y1="69" y2="69" />
        <text class="lane" x="2" y="14">
          {say("you")}
        </text>
        <text class="lane" x="2" y="132">
          {say("assistant")}
        </text>
        {spans.map((span) => (
          <SpanView key={`${span.lane}${span.fromMs}`} span={span} x={x} endMs={endMs} />
        ))}
        {placeMarks(marks, x, say).map((placed) => (
          <MarkView key={`${placed.mark.kind}${placed.mark.atMs}`} {...placed} />
        ))}
      </svg>
      <TurnBars say={say} turns={turns} />
    </section>
  );
}

function SpanView({ span, x, endMs }: { span: Span; x: (atMs: number) => number; endMs: number }) {
  const from = x(span.fromMs);
  const width = Math.max(2, x(span.toMs ?? endMs) - from);
  return (
    <rect class={span.lane} x={from} y={LANE_TOP[span.lane]} width={width} height={LANE_HEIGHT} rx="4" />
  );
}

interface PlacedMark {
  readonly mark: Mark;
  readonly at: number;
  readonly label: string;
  /** Where its label stands; undefined where the ones before leave no room for it. */
  readonly labelTop: number | undefined;
}

/** Above and below of each lane. */
const LABEL_TOPS = { user: [18, 62], assistant: [86, 132] } as const;
const LETTER_WIDTH = 9;
/** Of the signs of Chinese and its neighbours. */
const SIGN_WIDTH = 15;

/** Where room is short, what was decided and what ended is worth more than what happened on the way. */
const MINOR = new Set<Mark["kind"]>(["ducked", "paused", "full", "incomplete"]);
/** The names of the lanes stand there. */
const NAMES = [
  { top: 18, from: 0, to: 40 },
  { top: 132, from: 0, to: 80 },
];

/** Gives each mark's label a place on which no other lies. */
function placeMarks(marks: readonly Mark[], x: (atMs: number) => number, say: Say): PlacedMark[] {
  const taken = [...NAMES];
  const byWorth = [
    ...marks.filter(({ kind }) => !MINOR.has(kind)),
    ...marks.filter(({ kind }) => MINOR.has(kind)),
  ];
  return byWorth.map((mark) => {
    const at = x(mark.atMs);
    const label = say(mark.kind);
    const width = widthOf(label);
    const from = Math.min(at, WIDTH - width);
    const to = from + width;
    const labelTop = LABEL_TOPS[mark.lane].find((top) =>
      taken.every((other) => other.top !== top || other.to <= from || other.from >= to),
    );
    if (labelTop !== undefined) taken.push({ top: labelTop, from, to });
    return { mark, at, label, labelTop };
  });
}

function widthOf(label: string): number {
  return Array.from(label, (letter) => (letter > "\u2e80" ? SIGN_WIDTH : LETTER_WIDTH)).reduce(
    (sum, width) => sum + width,
    0,
  );
}

function MarkView({ mark, at, label, labelTop }: PlacedMark) {
  const top = LANE_TOP[mark.lane];
  return (
    <g class={`mark ${mark.kind}`}>
      <title>{label}</title>
      <line x1={at} x2={at} y1={top} y2={top + LANE_HEIGHT} />
      {labelTop !== undefined && (
        <text x={Math.min(at, WIDTH - widthOf(label))} y={labelTop}>
          {label}
        </text>
      )}
    </g>
  );
}

/** Draws again a few times a second while something is there that moves. */
function useTicks(isActive: boolean): void {
  const [, tick] = useState(0);
  useEffect(() => {
    if (!isActive) return undefined;
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const timer = setInterval(
      () => {
        tick((count) => count + 1);
      },
      isCalm ? CALM_REDRAW_MS : REDRAW_MS,
    );
    return () => {
      clearInterval(timer);
    };
  }, [isActive]);
}
