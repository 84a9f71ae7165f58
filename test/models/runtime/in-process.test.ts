import { getEventListeners } from "node:events";

import { describe, expect, it } from "vitest";

import type { Engine, Job } from "../../../models/runtime/engine.ts";
import { inProcessClient } from "../../../models/runtime/in-process.ts";
import { singleChunk } from "../../../models/runtime/single-chunk.ts";

interface CountContract {
  readonly count: { readonly request: number; readonly chunk: number };
  readonly fail: { readonly request: string; readonly chunk: never };
}

/** Counts up to the request, and remembers which jobs were closed. */
class Counter implements Engine<CountContract> {
  readonly closed: number[] = [];
  steps = 0;

  readonly jobs = {
    count: (request: number): Job<number> => this.#count(request),
    fail: (request: string): Job<never> => this.#fail(request),
  };

  async *#count(end: number): Job<number> {
    try {
      for (let value = 1; value <= end; value++) {
        this.steps += 1;
        await Promise.resolve();
        yield value;
      }
    } finally {
      this.closed.push(end);
    }
  }

  async *#fail(message: string): Job<never> {
    yield undefined;
    await Promise.resolve();
    throw new Error(message);
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }
}

const options = (signal: AbortSignal) => ({ signal, priority: 0 });

/** Lets the scheduler do what it has still to do. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
}

describe("an engine on the calling thread", () => {
  it("gives a job's chunks in order, and leaves no listener on the caller's signal", async () => {
    const engine = new Counter();
    const { signal } = new AbortController();
    const chunks: number[] = [];
    for await (const chunk of inProcessClient<CountContract>(engine).run("count", 5, options(signal)))
      chunks.push(chunk);
    expect(chunks).toEqual([1, 2, 3, 4, 5]);
    expect(engine.closed).toEqual([5]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("ends a job by the caller's signal, with its reason, within a step", async () => {
    const engine = new Counter();
    const controller = new AbortController();
    const reason = new Error("enough");
    const run = async (): Promise<void> => {
      for await (const chunk of inProcessClient<CountContract>(engine).run(
        "count",
        1000,
        options(controller.signal),
      )) {
        if (chunk === 3) controller.abort(reason);
      }
    };
    await expect(run()).rejects.toBe(reason);
    const { steps } = engine;
    await settle();
    expect(engine.steps).toBeLessThanOrEqual(steps + 1);
    expect(engine.closed).toEqual([1000]);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("ends a job whose caller leaves the loop", async () => {
    const engine = new Counter();
    const { signal } = new AbortController();
    for await (const chunk of inProcessClient<CountContract>(engine).run("count", 1000, options(signal))) {
      if (chunk === 3) break;
    }
    await settle();
    expect(engine.closed).toEqual([1000]);
    expect(engine.steps).toBeLessThan(10);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("starts nothing for a caller that was told to stop before", async () => {
    const engine = new Counter();
    const signal = AbortSignal.abort(new Error("early"));
    const job = inProcessClient<CountContract>(engine).run("count", 3, options(signal));
    await expect(singleChunk(job)).rejects.toThrow("early");
    expect(engine.steps).toBe(0);
  });

  it("passes a job's error on, and serves the next call", async () => {
    const client = inProcessClient<CountContract>(new Counter());
    const { signal } = new AbortController();
    await expect(singleChunk(client.run("fail", "broken", options(signal)))).rejects.toThrow("broken");
    expect(await singleChunk(client.run("count", 1, options(signal)))).toBe(1);
  });

  it("takes turns between callers", async () => {
    const client = inProcessClient<CountContract>(new Counter());
    const { signal } = new AbortController();
    const order: string[] = [];
    const read = async (name: string): Promise<void> => {
      for await (const chunk of client.run("count", 3, options(signal))) order.push(`${name}${chunk}`);
    };
    await Promise.all([read("a"), read("b")]);
    expect(order).toEqual(["a1", "b1", "a2", "b2", "a3", "b3"]);
  });
});

describe("a job that must yield exactly one chunk", () => {
  async function* chunks(count: number): AsyncGenerator<number> {
    await Promise.resolve();
    for (let chunk = 0; chunk < count; chunk++) yield chunk;
  }

  it("gives it", async () => {
    expect(await singleChunk(chunks(1))).toBe(0);
  });

  it.each([0, 2])("is a failure with %d", async (count) => {
    await expect(singleChunk(chunks(count))).rejects.toMatchObject({ code: "inference-failed" });
  });
});
