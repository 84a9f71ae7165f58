import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import type { LanguageModelConfig } from "../../models/llm/engine.ts";
import { createLanguageModel } from "../../models/llm/language-model.ts";
import type * as WorkerHostModule from "../../models/runtime/worker-host.ts";
import type { WorkerHost, WorkerHostOptions } from "../../models/runtime/worker-host.ts";
import { collect, ended, ENDLESS, idle, kill, request, textOf } from "../support/worker-calls.ts";

/** Workers run compiled code; `npm test` compiles it before. */
const compiled = new URL("../../dist/models/runtime/worker-host.js", import.meta.url);
const { WorkerHost: Host } = (await import(compiled.href)) as typeof WorkerHostModule;

type Death = Parameters<NonNullable<WorkerHostOptions["onDeath"]>>[0];

let folder: string;
let host: WorkerHost | undefined;
const threads: Worker[] = [];
const noteThread = (thread: Worker): void => {
  threads.push(thread);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "antiphon-worker-"));
  process.on("worker", noteThread);
});

afterEach(async () => {
  await host?.[Symbol.asyncDispose]();
  host = undefined;
  threads.length = 0;
});

afterAll(async () => {
  process.off("worker", noteThread);
  await rm(folder, { recursive: true });
});

function engineConfig(changes: Partial<LanguageModelConfig> = {}): LanguageModelConfig {
  return {
    modelPath: fileURLToPath(new URL("../fixtures/llm/tiny.gguf", import.meta.url)),
    cacheDirectory: folder,
    threads: 1,
    spinning: false,
    precision: "stored",
    contextTokens: 1000,
    seatMemoryBytes: 2 ** 28,
    ...changes,
  };
}

async function open(changes: Partial<LanguageModelConfig> = {}) {
  const deaths: Death[] = [];
  const opened = await Host.open({
    name: "thinking",
    engines: { "language-model": engineConfig(changes) },
    onDeath: (death) => deaths.push(death),
  });
  host = opened;
  const client = opened.client("language-model");
  return { opened, deaths, client, model: createLanguageModel(client) };
}

describe("an engine on a worker thread", () => {
  it("answers, and keeps its state from call to call", async () => {
    const { model } = await open();
    const first = await collect(model.generate(request(), { signal: idle }));
    const again = await collect(model.generate(request(), { signal: idle }));
    expect(first[0]).toMatchObject({ type: "prompt-ready", cachedTokens: 0 });
    expect(first.at(-1)).toEqual({ type: "generation-end", reason: "length", completionTokens: 10 });
    expect(textOf(again)).toBe(textOf(first));
    const [ready] = again.filter((event) => event.type === "prompt-ready");
    expect(ready!.cachedTokens).toBe(ready!.promptTokens - 1);
    await model.releaseSeat("a");
  });

  it("stops a job by the caller's signal and goes on with the others", async () => {
    const { model } = await open();
    const controller = new AbortController();
    const reason = new Error("barge-in");
    const stopped = collect(model.generate(request({ seat: "b", ...ENDLESS }), controller), () => {
      controller.abort(reason);
    });
    const other = collect(model.generate(request({ maxTokens: 50 }), { signal: idle }));
    await expect(stopped).rejects.toBe(reason);
    expect((await other).at(-1)).toMatchObject({ type: "generation-end", completionTokens: 50 });
  });

  it("does what its reader asks for because of a word that is spoken before it computes the next one", async () => {
    const { model, client } = await open();
    let [words, sounds, late] = [0, 0, 0];
    const sound = async (): Promise<void> => {
      const none = client.run("release", { seat: "none" }, { signal: idle, priority: 0 });
      await expect(none[Symbol.asyncIterator]().next()).resolves.toMatchObject({ done: true });
      sounds += 1;
    };
    const asked: Promise<void>[] = [];
    await collect(model.generate(request({ maxTokens: 40, spoken: true }), { signal: idle }), () => {
      if (sounds < words) late += 1;
      words += 1;
      asked.push(sound());
    });
    await Promise.all(asked);
    expect(words).toBeGreaterThan(10);
    // This thread is not waited for where a busy machine keeps it from answering.
    expect(late).toBeLessThan(words / 2);
  });

  it("passes errors on with their code, and one call's error is no other's", async () => {
    const { model, client } = await open({ contextTokens: 40 });
    const long = request({ messages: [{ role: "user", content: "long ".repeat(100) }] });
    await expect(collect(model.generate(long, { signal: idle }))).rejects.toMatchObject({
      code: "text-too-long",
    });
    const uncloneable = { seat: () => "a" } as never;
    await expect(collect(client.run("generate", uncloneable, { signal: idle, priority: 0 }))).rejects.toThrow(
      "could not be cloned",
    );
    const unknown = client.run("sing" as "generate", request(), { signal: idle, priority: 0 });
    await expect(collect(unknown)).rejects.toMatchObject({ code: "internal" });
    expect(await collect(model.generate(request({ maxTokens: 3 }), { signal: idle }))).not.toEqual([]);
  });

  it("that cannot be loaded fails with the reason, and leaves no thread behind", async () => {
    await expect(open({ modelPath: join(folder, "absent.gguf") })).rejects.toMatchObject({
      code: "model-missing",
    });
    expect(threads.map(({ threadId }) => threadId)).toEqual([-1]);
  });
});

describe("a worker that nobody wants any more while it is loading", () => {
  it("is given up with the reason, and leaves no thread behind", async () => {
    const controller = new AbortController();
    const engines = { "language-model": engineConfig() };
    const opened = Host.open({ name: "thinking", engines, signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(opened).rejects.toThrow("enough");
    await Promise.all(threads.map(ended));
    expect(threads.map(({ threadId }) => threadId)).toEqual([-1]);
  });
});

describe("a worker that dies", () => {
  it("fails the jobs in flight with worker-crashed, and a new one serves the next call", async () => {
    const { model, deaths } = await open();
    const jobs = ["a", "b"].map((seat) =>
      collect(model.generate(request({ seat, ...ENDLESS }), { signal: idle }), () => kill(threads[0]!)),
    );
    const outcomes = await Promise.allSettled(jobs);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "worker-crashed" } });
    }
    const events = await collect(model.generate(request(), { signal: idle }));
    expect(events[0]).toMatchObject({ type: "prompt-ready", cachedTokens: 0 });
    expect(events.at(-1)).toMatchObject({ type: "generation-end" });
    expect(deaths).toEqual([{ worker: "thinking", reason: expect.any(String) as string, final: false }]);
    expect(threads).toHaveLength(2);
  });

  it("while nothing was asked of it costs nothing", async () => {
    const { model, deaths } = await open();
    await kill(threads[0]!);
    expect(await collect(model.generate(request(), { signal: idle }))).not.toEqual([]);
    expect(deaths).toHaveLength(1);
  });

  it("again and again is given up: calls fail at once instead of waiting for ever, and it can be closed", async () => {
    const { model, deaths, opened } = await open();
    for (let death = 0; death < 3; death++) {
      await collect(model.generate(request({ maxTokens: 1 }), { signal: idle }));
      await kill(threads.at(-1)!);
    }
    expect(deaths.map(({ final }) => final)).toEqual([false, false, true]);
    await expect(collect(model.generate(request(), { signal: idle }))).rejects.toMatchObject({
      code: "worker-crashed",
    });
    expect(threads).toHaveLength(3);
    await opened[Symbol.asyncDispose]();
  });
});

describe("a worker that is being started again", () => {
  it("keeps no caller who has enough waiting", async () => {
    const { model, opened } = await open();
    await kill(threads[0]!);
    const controller = new AbortController();
    const waiting = collect(model.generate(request(), controller));
    expect(opened.figures()).toMatchObject({ state: "starting", waiting: 1 });
    controller.abort(new Error("barge-in"));
    await expect(waiting).rejects.toThrow("barge-in");
    expect(opened.figures()).toMatchObject({ state: "starting", waiting: 0, restarts: 1 });
    await collect(model.generate(request(), { signal: idle }));
    expect(opened.figures().state).toBe("ready");
  });

  it("has said what killed it", async () => {
    const { deaths } = await open();
    await kill(threads[0]!);
    await expect
      .poll(() => deaths.map(({ reason }) => reason))
      .toEqual([expect.stringContaining("properties of null")]);
  });
});

describe("the figures of a worker", () => {
  it("count its steps, across its deaths, and tell whether it can work", async () => {
    const { model, opened } = await open();
    const stepsOf = (): number => opened.figures().stepsByDuration.reduce((sum, count) => sum + count);
    expect(opened.figures()).toMatchObject({
      worker: "thinking",
      engines: ["language-model"],
      state: "ready",
      restarts: 0,
    });
    const controller = new AbortController();
    const stopped = collect(model.generate(request(ENDLESS), controller), () => {
      expect(opened.figures()).toMatchObject({ running: 1, waiting: 0 });
      controller.abort(new Error("enough"));
    });
    await expect(stopped).rejects.toThrow("enough");
    const first = stepsOf();
    expect(first).toBeGreaterThan(0);
    for (let death = 0; death < 3; death++) {
      await collect(model.generate(request({ maxTokens: 1 }), { signal: idle }));
      await kill(threads.at(-1)!);
    }
    expect(stepsOf()).toBeGreaterThan(first + 2);
    expect(opened.figures()).toMatchObject({ state: "stopped", restarts: 2, running: 0, waiting: 0 });
  });
});

describe("closing a worker", () => {
  it("ends its jobs with shutting-down and its thread, and refuses what comes later", async () => {
    const { model, opened, deaths } = await open();
    const job = collect(model.generate(request(ENDLESS), { signal: idle }), () =>
      opened[Symbol.asyncDispose](),
    );
    await expect(job).rejects.toMatchObject({ code: "shutting-down" });
    await ended(threads[0]!);
    await expect(collect(model.generate(request(), { signal: idle }))).rejects.toMatchObject({
      code: "shutting-down",
    });
    expect(deaths).toEqual([]);
    expect(threads).toHaveLength(1);
  });

  it("may be asked for twice", async () => {
    const { opened } = await open();
    await Promise.all([opened[Symbol.asyncDispose](), opened[Symbol.asyncDispose]()]);
    await opened[Symbol.asyncDispose]();
    expect(threads.map(({ threadId }) => threadId)).toEqual([-1]);
  });
});
