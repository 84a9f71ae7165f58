import { setTimeout as delay } from "node:timers/promises";

import type { BenchedPack } from "./limits.ts";
import { describeMachine } from "./machine.ts";
import type { Figure, Report } from "./report.ts";

/** What every bench is told. */
export interface BenchOptions {
  readonly pack: BenchedPack;
  /** How often the measurements are repeated. */
  readonly runs: number;
  readonly signal: AbortSignal;
  /** Says what is being done. */
  readonly note: (line: string) => void;
}

/** What a bench hands over for its report. */
export interface Findings {
  readonly settings: Report["settings"];
  readonly figures: readonly (Figure | undefined)[];
  readonly notes: readonly string[];
  readonly details: unknown;
  /** Nothing in it depends on how fast the machine is. */
  readonly timeless?: true;
}

/** Cores that are busy on a machine that somebody else uses. */
const BUSY_CORES = 0.7;

/** Runs a bench and makes its report. */
export async function report(bench: string, work: () => Promise<Findings>): Promise<Report> {
  const machine = await describeMachine();
  const startMs = performance.now();
  const { settings, figures, notes, details, timeless = false } = await work();
  const busy =
    !timeless && machine.busyBefore > BUSY_CORES
      ? ["The machine was busy: these figures are not worth quoting."]
      : [];
  return {
    bench,
    recordedAt: new Date().toISOString(),
    elapsedSeconds: (performance.now() - startMs) / 1000,
    machine,
    settings,
    figures: figures.filter((figure) => figure !== undefined),
    notes: [...busy, ...notes],
    details,
  };
}

/** Runs all of `arms` once, in the given order or the other way round by turns, so that neither profits from its place. */
export async function alternate(run: number, arms: readonly (() => Promise<void>)[]): Promise<void> {
  for (const arm of run % 2 === 0 ? arms : arms.toReversed()) await arm();
}

/** Milliseconds that `work` takes, and its result. */
export async function timed<Result>(
  work: () => Promise<Result>,
): Promise<{ readonly ms: number; readonly result: Result }> {
  const startMs = performance.now();
  const result = await work();
  return { ms: performance.now() - startMs, result };
}

/** Runs `work` and then, whatever happened, everything it deferred, the last first. */
export async function withCleanup<Result>(
  work: (defer: (release: () => Promise<void>) => void) => Promise<Result>,
): Promise<Result> {
  const releases: (() => Promise<void>)[] = [];
  try {
    return await work((release) => releases.unshift(release));
  } finally {
    for (const release of releases) await release();
  }
}

/** Waits; rejects with the signal's reason when aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal });
}
