import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Job } from "../../../models/runtime/engine.ts";
import { JobScheduler } from "../../../models/runtime/scheduler.ts";

/** A job of some steps that notes each of them, and how it was closed. */
async function* steps(name: string, count: number, log: string[]): Job<string> {
  try {
    for (let step = 1; step <= count; step++) {
      await Promise.resolve();
      log.push(`${name}${step}`);
      yield `${name}${step}`;
    }
    log.push(`${name} done`);
  } finally {
    log.push(`${name} closed`);
  }
}

/** Submits a job; `settled` resolves with what became of it, `chunks` are what it gave out. */
function submit(scheduler: JobScheduler, job: Job<unknown>, priority = 0) {
  const chunks: unknown[] = [];
  const outcomes: unknown[] = [];
  const { promise, settle } = pending();
  const cancel = scheduler.submit(job, priority, {
    onChunk: (chunk) => {
      chunks.push(chunk);
    },
    onEnd: () => {
      outcomes.push("end");
      settle();
    },
    onError: (error) => {
      outcomes.push(error);
      settle();
    },
  });
  return { chunks, outcomes, settled: promise, cancel };
}

function pending() {
  let settle: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}

describe("scheduled jobs", () => {
  it("run to their end and give out each chunk in order, none for steps without output", async () => {
    async function* job(): Job<number> {
      yield 1;
      await Promise.resolve();
      yield undefined;
      yield 2;
    }
    const { chunks, outcomes, settled } = submit(new JobScheduler(), job());
    await settled;
    expect(chunks).toEqual([1, 2]);
    expect(outcomes).toEqual(["end"]);
  });

  it("of one priority take turns step by step", async () => {
    const log: string[] = [];
    const scheduler = new JobScheduler();
    const jobs = ["a", "b", "c"].map((name) => submit(scheduler, steps(name, 3, log)));
    await Promise.all(jobs.map(({ settled }) => settled));
    const order = log.filter((entry) => /\d/.test(entry));
    expect(order).toEqual(["a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3"]);
  });

  it("give way to a more urgent one within one step, and then go on", async () => {
    const log: string[] = [];
    const scheduler = new JobScheduler();
    const urgent = pending();
    async function* slow(): Job<string> {
      for (let step = 1; step <= 4; step++) {
        log.push(`slow${step}`);
        if (step === 2) {
          void submit(scheduler, steps("urgent", 2, log), 0).settled.then(urgent.settle);
        }
        await Promise.resolve();
        yield `slow${step}`;
      }
    }
    await submit(scheduler, slow(), 5).settled;
    await urgent.promise;
    expect(log).toEqual([
      ...["slow1", "slow2", "urgent1", "urgent2", "urgent done", "urgent closed", "slow3", "slow4"],
    ]);
  });

  it("are always the most urgent, and no two of one priority are more than a step apart", async () => {
    const plan = fc.array(fc.record({ priority: fc.nat(3), count: fc.integer({ min: 1, max: 5 }) }), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(plan, async (jobs) => {
        const order: number[] = [];
        async function* job(id: number, count: number): Job<undefined> {
          for (let step = 0; step < count; step++) {
            order.push(id);
            await Promise.resolve();
            yield undefined;
          }
        }
        const scheduler = new JobScheduler();
        // The first job's first step runs at once, before the others are known.
        const settled = jobs.map(
          ({ priority, count }, id) => submit(scheduler, job(id, count), priority).settled,
        );
        await Promise.all(settled);
        const left = jobs.map(({ count }) => count);
        for (const [step, id] of order.entries()) {
          const { priority } = jobs[id]!;
          const waiting = jobs.filter((_, other) => left[other]! > 0);
          if (step > 0) expect(Math.min(...waiting.map((other) => other.priority))).toBe(priority);
          left[id]! -= 1;
          const peers = jobs.flatMap((other, index) =>
            other.priority === priority && left[index]! > 0 ? [other.count - left[index]!] : [],
          );
          if (peers.length > 0) expect(Math.max(...peers) - Math.min(...peers)).toBeLessThanOrEqual(1);
        }
        expect(left).toEqual(jobs.map(() => 0));
      }),
      { numRuns: 50 },
    );
  });

  it("let the event loop breathe between steps", async () => {
    const log: string[] = [];
    setImmediate(() => log.push("event"));
    await submit(new JobScheduler(), steps("a", 3, log)).settled;
    expect(log.indexOf("event")).toBeLessThan(log.indexOf("a3"));
  });

  it("start again after all were done", async () => {
    const scheduler = new JobScheduler();
    await submit(scheduler, steps("a", 1, [])).settled;
    const { chunks, settled } = submit(scheduler, steps("b", 2, []));
    await settled;
    expect(chunks).toEqual(["b1", "b2"]);
  });
});

describe("a cancelled job", () => {
  it("makes no further step, gives out nothing more, and is closed", async () => {
    const log: string[] = [];
    const scheduler = new JobScheduler();
    const stopped = submit(scheduler, steps("stopped", 100, log));
    async function* canceller(): Job<undefined> {
      yield undefined;
      await Promise.resolve();
      stopped.cancel();
      log.push("cancelled");
    }
    await submit(scheduler, canceller()).settled;
    await submit(scheduler, steps("after", 1, log)).settled;
    expect(log.slice(log.indexOf("cancelled"))).toEqual([
      ...["cancelled", "stopped closed", "after1", "after done", "after closed"],
    ]);
    expect(stopped.chunks.length).toBeLessThan(3);
    expect(stopped.outcomes).toEqual([]);
  });

  it("is closed before anything else runs, however urgent that is", async () => {
    const log: string[] = [];
    const scheduler = new JobScheduler();
    const idle = submit(scheduler, steps("idle", 9, log), 9);
    const busy = submit(scheduler, steps("busy", 5, log), 0);
    await new Promise(setImmediate);
    idle.cancel();
    await busy.settled;
    expect(log.indexOf("idle closed")).toBeLessThan(log.indexOf("busy4"));
  });

  it("whose step is under way says nothing of that step, not even that it failed", async () => {
    const gate = pending();
    async function* job(): Job<string> {
      await gate.promise;
      yield "late";
      throw new Error("never reached");
    }
    async function* failing(): Job<string> {
      await gate.promise;
      yield* [];
      throw new Error("late");
    }
    for (const create of [job, failing]) {
      const scheduler = new JobScheduler();
      const { chunks, outcomes, cancel } = submit(scheduler, create());
      cancel();
      gate.settle();
      await submit(scheduler, steps("next", 1, [])).settled;
      expect([chunks, outcomes]).toEqual([[], []]);
    }
  });

  it("that fails while it is closed does not stop the others", async () => {
    const scheduler = new JobScheduler();
    const bad = steps("bad", 9, []);
    bad.return = () => Promise.reject(new Error("will not close"));
    const { cancel, outcomes } = submit(scheduler, bad);
    cancel();
    const next = submit(scheduler, steps("next", 2, []));
    await next.settled;
    expect(next.chunks).toEqual(["next1", "next2"]);
    expect(outcomes).toEqual([]);
  });

  it("may be cancelled again, also after its end", async () => {
    const scheduler = new JobScheduler();
    const { cancel, outcomes, settled } = submit(scheduler, steps("a", 1, []));
    await settled;
    cancel();
    cancel();
    await submit(scheduler, steps("b", 1, [])).settled;
    expect(outcomes).toEqual(["end"]);
  });
});

describe("a job that fails", () => {
  it("reports its own error once, and the others run on", async () => {
    const scheduler = new JobScheduler();
    const broken = new Error("broken");
    async function* failing(): Job<string> {
      yield "one";
      await Promise.resolve();
      throw broken;
    }
    const bad = submit(scheduler, failing());
    const good = submit(scheduler, steps("good", 4, []));
    await Promise.all([bad.settled, good.settled]);
    expect(bad.chunks).toEqual(["one"]);
    expect(bad.outcomes).toEqual([broken]);
    expect(good.chunks).toHaveLength(4);
    expect(good.outcomes).toEqual(["end"]);
  });

  it("in handing out a chunk is closed too", async () => {
    const log: string[] = [];
    const scheduler = new JobScheduler();
    const errors: unknown[] = [];
    const refused = new Error("cannot be cloned");
    scheduler.submit(steps("a", 3, log), 0, {
      onChunk: () => {
        throw refused;
      },
      onEnd: () => log.push("ended"),
      onError: (error) => errors.push(error),
    });
    await submit(scheduler, steps("b", 3, [])).settled;
    expect(errors).toEqual([refused]);
    expect(log).toEqual(["a1", "a closed"]);
  });
});

describe("a chunk that is handed over", () => {
  it("keeps all others waiting until its reader has asked for what is more urgent", async () => {
    const scheduler = new JobScheduler();
    const log: string[] = [];
    const urgent: Promise<void>[] = [];
    const writing = ["a", "b"].map((name) => {
      const { promise, settle } = pending();
      scheduler.submit(steps(name, 3, log), 1, {
        onChunk: async (chunk) => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          urgent.push(submit(scheduler, steps(`sound of ${String(chunk)} `, 1, log), 0).settled);
        },
        onEnd: settle,
        onError: settle,
      });
      return promise;
    });
    await Promise.all(writing);
    await Promise.all(urgent);
    const made = log.filter((entry) => /\d$/u.test(entry)).map((entry) => entry.trim());
    const words = made.filter((entry) => !entry.startsWith("sound"));
    expect(words).toHaveLength(6);
    // No word of either comes between a word and its sound.
    expect(made).toEqual(words.flatMap((word) => [word, `sound of ${word} 1`]));
  });
});
