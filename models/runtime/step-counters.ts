/** Upper bounds of the classes that steps are counted in by their duration; one more class has all longer ones. */
export const STEP_CLASSES_MS = [1, 2, 5, 10, 20, 50, 100, 150, 200, 300, 500, 1000] as const;

/** What a worker's scheduler has done and has before it. */
export interface StepFigures {
  /** Jobs that have had a step and are not over. */
  readonly running: number;
  /** Jobs that have not had a step yet. */
  readonly waiting: number;
  /** Steps by duration, one number for each of {@link STEP_CLASSES_MS} and one for longer steps. */
  readonly stepsByDuration: readonly number[];
  /** All steps together, in milliseconds. */
  readonly stepsMs: number;
}

const RUNNING = 0;
const WAITING = 1;
const MICROSECONDS = 2;
const CLASSES = 3;
const LENGTH = CLASSES + STEP_CLASSES_MS.length + 1;

/**
 * Counters in memory that two threads share: the worker writes them after each step, the main thread reads them whenever
 * it is asked, also while a step keeps the worker from answering. They outlive the worker that wrote them.
 */
export class StepCounters {
  readonly memory: SharedArrayBuffer;
  readonly #values: BigInt64Array;

  /** @param memory - of the counters on the other thread; by default new ones, all zero. */
  constructor(memory = new SharedArrayBuffer(LENGTH * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#values = new BigInt64Array(memory);
  }

  countStep(durationMs: number): void {
    const place = STEP_CLASSES_MS.findIndex((longestMs) => durationMs <= longestMs);
    Atomics.add(this.#values, CLASSES + (place === -1 ? STEP_CLASSES_MS.length : place), 1n);
    Atomics.add(this.#values, MICROSECONDS, BigInt(Math.round(durationMs * 1000)));
  }

  setJobs({ running, waiting }: Pick<StepFigures, "running" | "waiting">): void {
    Atomics.store(this.#values, RUNNING, BigInt(running));
    Atomics.store(this.#values, WAITING, BigInt(waiting));
  }

  read(): StepFigures {
    const value = (index: number): number => Number(Atomics.load(this.#values, index));
    return {
      running: value(RUNNING),
      waiting: value(WAITING),
      stepsByDuration: Array.from({ length: STEP_CLASSES_MS.length + 1 }, (_, index) =>
        value(CLASSES + index),
      ),
      stepsMs: value(MICROSECONDS) / 1000,
    };
  }
}
