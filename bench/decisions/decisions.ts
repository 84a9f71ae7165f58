import { openModels } from "../../src/compose.ts";
import { loadConfig } from "../../src/config.ts";
import type { BenchOptions, Findings } from "../bench.ts";
import { withCleanup } from "../bench.ts";
import { Studio } from "../duplex/studio.ts";
import type { Source, Step } from "../duplex/trial.ts";
import { type Case, type CastName, CASTS, makeCases } from "./cases.ts";
import { type Ears, type HeardScene, judgeScene } from "./ear.ts";
import { writeExamples } from "./examples.ts";
import { figuresOf, matrixLines, missLines, type Trial } from "./matrix.ts";
import { recordedCases } from "./recorded.ts";
import { makeScene, questionOf } from "./scenes.ts";

export const SETS = ["known", "held-out", "recorded", "training"] as const;

/** What is judged; the training set is for examples. */
const JUDGED_SETS = ["known", "held-out", "recorded"] as const;

export interface DecisionsOptions extends BenchOptions {
  /** Only these sets. */
  readonly set: readonly (typeof SETS)[number][] | undefined;
  /** Nothing is judged, but examples for the training of the head are written to this file. */
  readonly examples: string | undefined;
}

type Description = Omit<Trial, "judged">;

/** A stretch that is still to be judged. */
export interface Task {
  readonly description: Description;
  readonly scene: () => Promise<HeardScene>;
}

/** What the monitor takes stretches of sound for, over generated and recorded ones. */
export async function measureDecisions(options: DecisionsOptions): Promise<Findings> {
  const { pack, runs, signal, note, set: sets = JUDGED_SETS } = options;
  note("making the sounds");
  const tasks: Task[] = [];
  for (const set of sets) {
    tasks.push(...(set === "recorded" ? await recordedTasks(signal) : await castTasks(set, runs, signal)));
  }
  if (options.examples !== undefined) {
    await writeExamples(options.examples, tasks, options);
    return { settings: { pack, runs, examples: tasks.length }, figures: [], notes: [], details: [] };
  }
  const trials = await withCleanup(async (defer) => {
    const config = loadConfig({ overrides: { pack } });
    const names = ["detector", "endOfTurn", "recognizer", "languageModel"] as const;
    const ears = await openModels(config, names, { signal, onProgress: () => undefined });
    defer(() => ears.close());
    return await judgeAll(tasks, ears, options);
  });
  const found = sets.map((set) => ({ set, ofSet: trials.filter((trial) => trial.set === set) }));
  const empty = found
    .filter(({ ofSet }) => ofSet.length === 0)
    .map(({ set }) => `${set}: skipped, the recordings are not there`);
  const filled = found.filter(({ ofSet }) => ofSet.length > 0);
  return {
    timeless: true,
    settings: { pack, runs, stretches: trials.length },
    figures: filled.flatMap(({ set, ofSet }) => figuresOf(set, ofSet)),
    notes: [
      ...filled.flatMap(({ set, ofSet }) => [...matrixLines(set, ofSet), ""]),
      ...empty,
      ...missLines(trials),
    ],
    details: trials.map(({ judged: { decision, verdict, evidence }, ...trial }) => ({
      ...trial,
      decision,
      verdict,
      heard: evidence?.text,
    })),
  };
}

async function judgeAll(tasks: readonly Task[], ears: Ears, options: DecisionsOptions): Promise<Trial[]> {
  const { signal, note } = options;
  const trials: Trial[] = [];
  for (const [index, { description, scene }] of tasks.entries()) {
    if (index % 50 === 0) note(`stretch ${index + 1} of ${tasks.length}`);
    const judged = await judgeScene(ears, await scene(), signal);
    trials.push({ ...description, judged });
  }
  return trials;
}

async function castTasks(set: CastName, rounds: number, signal: AbortSignal): Promise<Task[]> {
  const cases = Array.from({ length: rounds }, (_, round) => makeCases(set, round)).flat();
  const said = (source: Source): Step => ({ do: "say", kind: "query", source });
  const sources = [...cases.map(({ source }) => source), ...CASTS[set].voices.map(questionOf)];
  const studio = await Studio.prepare([{ steps: sources.map(said) }], signal);
  return cases.map(({ source, user, moment, room, kind }: Case) => {
    const question = studio.sound(questionOf(user)).samples;
    const around = room === undefined ? "quiet" : `${room.colour} ${room.snrDb} dB`;
    const circumstances =
      "noise" in source
        ? { voice: "noise", place: "noise", room: `${source.snrDb} dB` }
        : { voice: source.voice.name, place: source.place, room: around };
    const { samples: stretch, text: content } = studio.sound(source);
    return {
      description: { set, kind, moment, content, ...circumstances },
      scene: () => makeScene(studio, { stretch, question, moment, room }),
    };
  });
}

async function recordedTasks(signal: AbortSignal): Promise<Task[]> {
  const studio = await Studio.prepare([], signal);
  return (await recordedCases()).map(({ stretch, question, ...recorded }) => ({
    description: { set: "recorded", ...recorded, room: "quiet" },
    scene: () => makeScene(studio, { stretch, question, moment: recorded.moment, room: undefined }),
  }));
}
