import { describe, expect, it } from "vitest";

import type { Job } from "../../../models/runtime/engine.ts";
import { JobScheduler } from "../../../models/runtime/scheduler.ts";
import { STEP_CLASSES_MS, StepCounters } from "../../../models/runtime/step-counters.ts";

describe("step counters", () => {
  it("put each step into the first class that holds it, and the longest into the last", () => {
    const counters = new StepCounters();
    for (const durationMs of [0, 1, 1.5, 150, 150.01, 5000]) counters.countStep(durationMs);
    const { stepsByDuration, stepsMs } = counters.read();
    const classes = [...STEP_CLASSES_MS, Infinity];
    const counted = Object.fromEntries(classes.map((ms, index) => [ms, stepsByDuration[index]]));
    expect(counted).toEqual({
      ...Object.fromEntries(classes.map((ms) => [ms, 0])),
      ...{ 1: 2, 2: 1, 150: 1, 200: 1, Infinity: 1 },
    });
    expect(stepsMs).toBeCloseTo(5302.51, 2);
  });

  it("are read from the memory that another writes", () => {
    const written = new StepCounters();
    const read = new StepCounters(written.memory);
    written.setJobs({ running: 2, waiting: 3 });
    written.countStep(7);
    expect(read.read()).toEqual(written.read());
    expect(read.read()).toMatchObject({ running: 2, waiting: 3, stepsMs: 7 });
  });

  it("tell jobs that have begun from those that wait, and forget both when they are over", async () => {
    const counters = new StepCounters();
    const scheduler = new JobScheduler(counters);
    const seen: unknown[] = [];
    async function* job(steps: number): Job<never> {
      for (let step = 0; step < steps; step++) {
        await Promise.resolve();
        seen.push([counters.read().running, counters.read().waiting]);
        yield undefined;
      }
    }
    const ended = [2, 1].map(
      (steps) =>
        new Promise<void>((resolve) => {
          const observer = { onChunk: () => undefined, onEnd: resolve, onError: () => undefined };
          scheduler.submit(job(steps), 0, observer);
        }),
    );
    expect(counters.read()).toMatchObject({ running: 1, waiting: 1 });
    await Promise.all(ended);
    await new Promise(setImmediate);
    expect(seen).toEqual([
      [1, 1],
      [2, 0],
      [2, 0],
    ]);
    expect(counters.read()).toMatchObject({ running: 0, waiting: 0 });
    expect(counters.read().stepsByDuration.reduce((sum, count) => sum + count)).toBe(5);
  });
});
