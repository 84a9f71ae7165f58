import { mkdir } from "node:fs/promises";
import { getPriority, setPriority } from "node:os";
import { join } from "node:path";

import { writeAudioFile } from "../../src/audio-files.ts";
import { TALK_SAMPLE_RATE } from "../../src/client/spoken-conversation.ts";
import type { BenchOptions, Findings } from "../bench.ts";
import { keeps } from "../report.ts";
import { ServerProgram } from "../server-program.ts";
import { compareLines } from "./beside.ts";
import { type Estimate, toFigure } from "./estimates.ts";
import { computeEstimates, FLOOR_ESTIMATES } from "./figures.ts";
import { type CutAnswer, findCutAnswers, readHeard } from "./heard-truth.ts";
import type { HeardTruth } from "./heard-words.ts";
import type { Callee, LineName } from "./lines.ts";
import { type PhrasebookName, PHRASEBOOKS } from "./phrasebooks.ts";
import { playTrial, type Recording } from "./player.ts";
import { planTrial, TRIAL_COUNTS } from "./scenarios.ts";
import { scoreTrial, type TrialScore } from "./scorer.ts";
import { Studio } from "./studio.ts";
import { behaviourTable, confusionTable } from "./tables.ts";
import { readTimeline } from "./timeline.ts";
import { type ScenarioName, SCENARIOS, type Trial } from "./trial.ts";
import { writeMarkdown } from "./markdown.ts";
import { writePage } from "./page.ts";

/** People speak on while a computer is busy: the sender of their sound goes first (a nice value). */
const MICROPHONE_PRIORITY = -10;

/** How often a trial is set up anew because there was no answer to talk over. */
const SETUP_REPEATS = 2;

export interface DuplexOptions extends BenchOptions {
  /** What is spoken with the server. */
  readonly through: LineName;
  /** Every trial is played once more, through this, to tell both apart on the same trials at the same time. */
  readonly beside: LineName | undefined;
  /** A few trials of each scenario. */
  readonly quick: boolean;
  /** Only these scenarios. */
  readonly scenario: readonly ScenarioName[] | undefined;
  /** Words that the monitor was made by, or others. */
  readonly phrases: PhrasebookName;
  /** A folder for stereo recordings: left the user, right the assistant. */
  readonly keep: string | undefined;
  /** A page with the timelines. */
  readonly html: string | undefined;
  /** The report; a Markdown file is written beside it. */
  readonly json?: string;
}

/** What is left of a trial when its sound is gone. */
interface PlayedTrial {
  readonly through: LineName;
  readonly score: TrialScore;
  readonly cutAnswers: readonly CutAnswer[];
  /** How often it was set up anew. */
  readonly repeats: number;
  /** Its recording, if it was kept. */
  readonly file: string | undefined;
}

/**
 * Conversations in which both speak at once, over the WebSocket and in real time, scored by published rules. One that is told to
 * stop (it takes over an hour) reports what it has played by then.
 */
export async function measureDuplex(options: DuplexOptions): Promise<Findings> {
  const { pack, runs, quick, through, beside, phrases, signal, note } = options;
  if (beside === through) throw new Error(`${through} cannot be played beside itself`);
  const trials = Array.from({ length: runs }, () => planAll(options)).flat();
  note("making the users' sounds");
  const studio = await Studio.prepare(
    trials.flatMap((trial) => attempts(trial, phrases)),
    signal,
  );
  const all = await playAll(trials, studio, options);
  note("listening to what was heard of the answers that were cut off");
  const listening = signal.aborted ? new AbortController().signal : signal;
  const own = await evaluate(all, through, pack, listening);
  const { played, scores, heard, estimates } = own;
  const other = beside === undefined ? undefined : await evaluate(all, beside, pack, listening);
  const findings = {
    settings: {
      pack,
      quick,
      through,
      ...(beside === undefined ? {} : { beside }),
      phrases,
      runs,
      trials: played.length,
      planned: trials.length,
      clients: "one conversation at a time",
    },
    figures: [...estimates.map(toFigure), ...(other === undefined ? [] : compareLines(own, other))],
    notes: [
      ...remarks(played),
      ...(other === undefined ? [] : remarks(other.played).map((remark) => `${other.line}: ${remark}`)),
      summarise(estimates, scores),
    ],
    details: {
      estimates,
      ...(other === undefined ? {} : { beside: other.estimates }),
      behaviours: behaviourTable(scores),
      confusion: confusionTable(scores),
      heard,
      trials: all.map(describe),
    },
  };
  if (options.html !== undefined) await writePage(options.html, estimates, played);
  if (options.json !== undefined) await writeMarkdown(options.json, findings.settings, estimates, scores);
  return findings;
}

/** What was found through one line. */
async function evaluate(
  all: readonly PlayedTrial[],
  line: LineName,
  pack: BenchOptions["pack"],
  signal: AbortSignal,
): Promise<{
  readonly line: LineName;
  readonly played: readonly PlayedTrial[];
  readonly scores: readonly TrialScore[];
  readonly heard: readonly HeardTruth[];
  readonly estimates: readonly Estimate[];
}> {
  const played = all.filter(({ through }) => through === line);
  const cut = played.flatMap(({ cutAnswers }) => cutAnswers);
  const heard = await readHeard(cut, pack, signal);
  const scores = played.map(({ score }) => score);
  const estimates = computeEstimates({ trials: scores, heard, pack }).filter(
    ({ name }) => line === "antiphon" || !FLOOR_ESTIMATES.includes(name),
  );
  return { line, played, scores, heard, estimates };
}

/** Round by round, so that every scenario meets the machine in all of its moods. */
function planAll({ quick, phrases, scenario = SCENARIOS }: DuplexOptions): Trial[] {
  const count = (name: ScenarioName): number => TRIAL_COUNTS[name][quick ? "quick" : "full"];
  const rounds = Math.max(...scenario.map(count));
  return Array.from({ length: rounds }, (_, index) =>
    scenario
      .filter((name) => index < count(name))
      .map((name) => planTrial(name, index, 0, PHRASEBOOKS[phrases])),
  ).flat();
}

/** A trial and what is played instead where its set-up fails. */
function attempts({ scenario, index }: Trial, phrases: PhrasebookName): Trial[] {
  return Array.from({ length: SETUP_REPEATS + 1 }, (_, attempt) =>
    planTrial(scenario, index, attempt, PHRASEBOOKS[phrases]),
  );
}

async function playAll(
  trials: readonly Trial[],
  studio: Studio,
  options: DuplexOptions,
): Promise<PlayedTrial[]> {
  const { pack, signal, note } = options;
  const server = await ServerProgram.start(pack, signal);
  const { through, beside } = options;
  const lines = beside === undefined ? [through] : [through, beside];
  const usual = getPriority();
  try {
    prefer(MICROPHONE_PRIORITY);
    await playTrial(
      planTrial("smooth-turn-end", 0, 0, PHRASEBOOKS[options.phrases]),
      studio,
      { url: server.url, through },
      signal,
    ).catch(() => undefined);
    const played: PlayedTrial[] = [];
    for (const [index, trial] of trials.entries()) {
      const place = `${index + 1} of ${trials.length}`;
      const play = async (through: LineName): Promise<PlayedTrial> => {
        const result = await playUntilSetUp(trial, studio, { url: server.url, through }, options);
        const line = beside === undefined ? "" : `, ${through}`;
        note(`${place}${line}: ${trial.scenario}, ${trial.variant}: ${verdictOf(result.score)}`);
        return result;
      };
      // Whoever comes second meets a machine that the first one has warmed: they take turns.
      const results = await oneByOne(index % 2 === 0 ? lines : lines.toReversed(), play).catch(
        (error: unknown) => {
          if (signal.aborted && played.length > 0) return undefined;
          throw error;
        },
      );
      if (results === undefined) break; // what only one of them has met compares nothing
      played.push(...results);
    }
    return played;
  } finally {
    prefer(usual);
    await server.stop();
  }
}

async function oneByOne<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

function verdictOf({ failures }: TrialScore): string {
  return failures.length === 0 ? "as wanted" : failures.join(", ");
}

/** Only some users may ask for it; the others' trials are ineligible where the machine is too busy. */
function prefer(priority: number): void {
  try {
    setPriority(priority);
  } catch {
    // The pace is watched anyhow.
  }
}

/** A trial over an answer that did not come, or was too short, is set up again with another question. */
async function playUntilSetUp(
  planned: Trial,
  studio: Studio,
  callee: Callee,
  { signal, keep, phrases }: DuplexOptions,
): Promise<PlayedTrial> {
  for (let repeats = 0; ; repeats += 1) {
    const trial = planTrial(planned.scenario, planned.index, repeats, PHRASEBOOKS[phrases]);
    const recording = await playTrial(trial, studio, callee, signal);
    const score = scoreTrial(readTimeline(recording, TALK_SAMPLE_RATE));
    if (!score.isSetUp && repeats < SETUP_REPEATS) continue;
    const { through } = callee;
    const file = keep === undefined ? undefined : await keepRecording(recording, keep, through);
    return { through, score, cutAnswers: findCutAnswers(recording, score.timeline), repeats, file };
  }
}

async function keepRecording(
  { trial, user, assistant }: Recording,
  folder: string,
  through: LineName,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const line = through === "antiphon" ? "" : `-${through}`;
  const file = join(folder, `${trial.scenario}-${trial.index}${line}.wav`);
  await writeAudioFile(file, [user, assistant], TALK_SAMPLE_RATE);
  return file;
}

function remarks(played: readonly PlayedTrial[]): string[] {
  const failed = played.flatMap(({ score: { failures, timeline } }) =>
    failures.length === 0
      ? []
      : [
          `${timeline.trial.scenario} ${timeline.trial.index}, ${timeline.trial.variant}: ${failures.join(", ")}`,
        ],
  );
  const repeated = played.reduce((sum, { repeats }) => sum + repeats, 0);
  return [...failed, `Trials set up anew, for want of an answer that was long enough: ${repeated}.`];
}

/** The last line that is printed. */
function summarise(estimates: readonly Estimate[], scores: readonly TrialScore[]): string {
  const limits = estimates.flatMap((estimate) => {
    const figure = toFigure(estimate);
    return figure.limits.map((limit) => ({ estimate, limit, kept: keeps(figure, limit) }));
  });
  const missed = limits.filter(({ kept }) => !kept);
  const not = scores.filter(({ ineligible }) => ineligible !== undefined).length;
  const names = missed.map(({ estimate, limit }) => {
    const value = limit.statistic === "median" ? estimate.value : estimate.p95;
    const digits = estimate.unit === "share" ? value.toFixed(2) : value.toFixed(0);
    return `${estimate.name.trim()} ${limit.statistic === "p95" ? "p95 " : ""}${digits}`;
  });
  const verdict =
    missed.length === 0 ? "kept" : `${missed.length} of ${limits.length} missed (${names.join("; ")})`;
  return `duplex: ${limits.length} wants ${verdict}, ${scores.length} trials, ${not} of them ineligible`;
}

/** A trial for the report, without the words that came piece by piece. */
function describe({ through, score, repeats, file }: PlayedTrial): object {
  const { timeline, outcomes, ineligible, takeover, unaskedAnswers, failures } = score;
  const events = timeline.events.filter(({ message }) => !message.type.endsWith("-delta"));
  const { trial, utterances, lengthMs, worstSlipMs } = timeline;
  const seen = { ineligible, failures, outcomes, takeover, unaskedAnswers, utterances, events };
  return { through, ...trial, ...seen, lengthMs, worstSlipMs, repeats, file };
}
