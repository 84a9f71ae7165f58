import { setImmediate } from "node:timers/promises";

import type { Job } from "./engine.ts";
import type { StepCounters } from "./step-counters.ts";

/** What becomes of a job. Exactly one of `onEnd` and `onError` is called, neither after a cancellation. */
export interface JobObserver {
  /** No job has its next turn before what this returns has resolved. */
  readonly onChunk: (chunk: unknown) => void | Promise<void>;
  readonly onEnd: () => void;
  readonly onError: (error: unknown) => void;
}

interface ScheduledJob {
  readonly job: Job<unknown>;
  readonly priority: number;
  readonly observer: JobObserver;
  /** When it last had a turn, in steps of the scheduler. */
  lastStep: number;
  begun: boolean;
  cancelled: boolean;
}

/**
 * Runs jobs step by step on the current thread, always the most urgent one; equals take turns. Between steps the event
 * loop runs, so new jobs and cancellations are heard within one step.
 */
export class JobScheduler {
  readonly #jobs = new Set<ScheduledJob>();
  readonly #counters: StepCounters | undefined;
  #steps = 0;
  #running = false;

  /** @param counters - are kept up to date, if given. */
  constructor(counters?: StepCounters) {
    this.#counters = counters;
  }

  /** Adds a job and returns what cancels it. */
  submit(job: Job<unknown>, priority: number, observer: JobObserver): () => void {
    // One step back, so that its first turn comes before the next one of the job that has just had its own.
    const lastStep = this.#steps - 1;
    const scheduled: ScheduledJob = { job, priority, observer, lastStep, begun: false, cancelled: false };
    this.#jobs.add(scheduled);
    this.#countJobs();
    if (!this.#running) void this.#run();
    return () => {
      scheduled.cancelled = true;
    };
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let next = this.#mostUrgent(); next !== undefined; next = this.#mostUrgent()) {
      await this.#step(next);
      this.#countJobs();
      await setImmediate();
    }
    this.#running = false;
  }

  async #step(scheduled: ScheduledJob): Promise<void> {
    const { job, observer } = scheduled;
    scheduled.lastStep = ++this.#steps;
    try {
      if (scheduled.cancelled) {
        this.#jobs.delete(scheduled);
        await job.return();
        return;
      }
      scheduled.begun = true;
      this.#countJobs();
      const { done, value } = await this.#timed(job);
      if (done === true) this.#jobs.delete(scheduled);
      if (isCancelled(scheduled)) return;
      if (done === true) observer.onEnd();
      else if (value !== undefined) await observer.onChunk(value);
    } catch (error) {
      this.#jobs.delete(scheduled);
      if (!isCancelled(scheduled)) observer.onError(error);
      // It is still open where only its chunk could not be handed out; how it closes concerns nobody any more.
      await job.return().catch(() => undefined);
    }
  }

  async #timed(job: Job<unknown>): Promise<IteratorResult<unknown, void>> {
    const startMs = performance.now();
    try {
      return await job.next();
    } finally {
      this.#counters?.countStep(performance.now() - startMs);
    }
  }

  #countJobs(): void {
    let running = 0;
    for (const { begun } of this.#jobs) if (begun) running += 1;
    this.#counters?.setJobs({ running, waiting: this.#jobs.size - running });
  }

  #mostUrgent(): ScheduledJob | undefined {
    let best: ScheduledJob | undefined;
    for (const job of this.#jobs) {
      if (best === undefined || isBefore(job, best)) best = job;
    }
    return best;
  }
}

/** A cancelled job only needs closing, so it goes first. */
function isBefore(a: ScheduledJob, b: ScheduledJob): boolean {
  if (a.cancelled !== b.cancelled) return a.cancelled;
  return a.priority === b.priority ? a.lastStep < b.lastStep : a.priority < b.priority;
}

/** Read through a function because the flag changes during an await, which flow analysis cannot know. */
function isCancelled(scheduled: ScheduledJob): boolean {
  return scheduled.cancelled;
}
