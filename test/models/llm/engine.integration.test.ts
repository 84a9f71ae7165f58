import { readdir } from "node:fs/promises";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openLanguageModelEngine } from "../../../models/llm/engine.ts";
import { createLanguageModel } from "../../../models/llm/language-model.ts";
import { inProcessClient } from "../../../models/runtime/in-process.ts";
import { endsSentence, type GenerationEvent } from "../../../streaming/index.ts";
import { fixture } from "./support.ts";
import { CONTEXT, finish, FIRST, request, say, summary, TinyEngine } from "./tiny-engine.ts";

let tiny: TinyEngine;
beforeAll(async () => {
  tiny = await TinyEngine.open();
});
afterAll(async () => {
  await tiny[Symbol.asyncDispose]();
});

describe("an answer", () => {
  it("begins when the prompt is computed, comes in pieces, and ends with a count", async () => {
    const events = await finish(tiny.engine.jobs.generate(request()));
    expect(events[0]).toMatchObject({ type: "prompt-ready", cachedTokens: 0 });
    expect(events.at(-1)).toEqual({ type: "generation-end", reason: "length", completionTokens: 24 });
    expect(events.slice(1, -1).map(({ type }) => type)).toEqual(events.slice(1, -1).map(() => "text-delta"));
    expect(events.length).toBeGreaterThan(10);
  });

  it("is the same on every seat, and its draws depend on the seed alone", async () => {
    const { text } = await tiny.generateAlone();
    expect((await tiny.generate()).text).toBe(text);
    const sampling = { temperature: 1, topP: 1, minP: 0, repetitionPenalty: 1, seed: 1 };
    const drawn = await tiny.generate({ sampling });
    expect((await tiny.generate({ sampling })).text).toBe(drawn.text);
    expect((await tiny.generate({ sampling: { ...sampling, seed: 2 } })).text).not.toBe(drawn.text);
  });

  it("ends where the model says so", async () => {
    const ends: (string | undefined)[] = [];
    for (let seed = 0; seed < 12; seed++) {
      const sampling = { temperature: 2, topP: 1, minP: 0, repetitionPenalty: 1, seed };
      const { text, end } = await tiny.generate({ sampling, maxTokens: 100 });
      expect(text).not.toContain("<|im_end|>");
      if (end?.type === "generation-end" && end.completionTokens < 100) expect(end.reason).toBe("stop");
      ends.push(end?.reason);
    }
    expect(ends).toContain("stop");
  });

  it("never ends in the middle of a sentence where that is not wanted, and does so else", async () => {
    let pieces = 0;
    for (let seed = 0; seed < 12; seed++) {
      const sampling = { temperature: 2, topP: 1, minP: 0, repetitionPenalty: 1, seed };
      const plain = await tiny.generate({ sampling, maxTokens: 100 });
      if (plain.end?.reason === "stop" && !endsSentence(plain.text)) pieces += 1;
      const whole = await tiny.generate({ sampling, maxTokens: 100, wholeSentences: true });
      expect(whole.end?.reason === "length" || endsSentence(whole.text), whole.text).toBe(true);
    }
    expect(pieces).toBeGreaterThan(0);
  });

  it("ends before a stop string, and says so even with its last token", async () => {
    const { text } = await tiny.generate();
    const stop = text.slice(5, 8);
    const stopped = await tiny.generate({ stop: [stop] });
    expect(stopped.text).toBe(text.slice(0, text.indexOf(stop)));
    expect(stopped.end?.reason).toBe("stop");
    const { completionTokens: maxTokens } = stopped.end!;
    expect((await tiny.generate({ stop: [stop], maxTokens })).end).toEqual(stopped.end);
  });

  it("repeats itself less with a penalty", async () => {
    const plain = await tiny.generate({ maxTokens: 100 });
    const sampling = { ...request().sampling, repetitionPenalty: 2 };
    const varied = await tiny.generate({ sampling, maxTokens: 100 });
    expect(new Set(varied.text).size).toBeGreaterThan(new Set(plain.text).size);
  });
});

describe("a long conversation", () => {
  it("keeps its system prompt and its newest turns within the context", async () => {
    const turns = Array.from({ length: 40 }, (_, turn) => [
      say("user", `This is question number ${turn}.`),
      say("assistant", `This is answer number ${turn}.`),
    ]).flat();
    const newest = [...turns.slice(-2), say("user", "So?")];
    const { ready } = await tiny.generate({ messages: [FIRST[0], ...turns, say("user", "So?")] });
    expect(ready!.promptTokens).toBeLessThanOrEqual(CONTEXT - 24);
    const few = await tiny.generate({ messages: [FIRST[0], ...newest] });
    expect(ready!.promptTokens).toBeGreaterThanOrEqual(few.ready!.promptTokens);
  });

  it("may not have one question longer than the context", async () => {
    const messages = [say("user", "much ".repeat(CONTEXT))];
    await expect(tiny.generate({ messages })).rejects.toMatchObject({ code: "text-too-long" });
  });
});

describe("the model behind the conversation's contract", () => {
  it("stops within a step when it is told to, with the caller's reason, while others go on", async () => {
    const model = createLanguageModel(inProcessClient(tiny.engine));
    const controller = new AbortController();
    const reason = new Error("barge-in");
    const talk = async (): Promise<void> => {
      for await (const event of model.generate(request({ maxTokens: 200 }), controller)) {
        if (event.type === "text-delta") controller.abort(reason);
      }
    };
    const stopped = expect(talk()).rejects.toBe(reason);
    const events: GenerationEvent[] = [];
    const { signal } = new AbortController();
    for await (const event of model.generate(request(), { signal })) events.push(event);
    await stopped;
    expect(summary(events).text).toBe((await tiny.generateAlone()).text);
  });

  it("prefills, scores and releases seats", async () => {
    await using other = await TinyEngine.open();
    const model = createLanguageModel(inProcessClient(other.engine));
    const { signal } = new AbortController();
    const seat = "contract";
    await model.prefill({ seat, messages: FIRST, maxTokens: 32, open: false }, { signal });
    const scores = await model.score!(
      { seat, messages: FIRST, maxTokens: 32, choices: ["a", "b"] },
      { signal },
    );
    expect(scores).toHaveLength(2);
    const { ready } = await other.generate({ seat });
    expect(ready!.cachedTokens).toBe(ready!.promptTokens - 1);
    await model.releaseSeat(seat);
    expect((await other.generate({ seat })).ready!.cachedTokens).toBe(0);
  });
});

describe("loading", () => {
  it("compiles a checkpoint once, and answers in whole precision nearly as from the stored blocks", async () => {
    const before = await readdir(tiny.config.cacheDirectory);
    const again = await openLanguageModelEngine(tiny.config);
    expect(await readdir(tiny.config.cacheDirectory)).toEqual(before);
    await again.close();
    const exact = await openLanguageModelEngine({ ...tiny.config, precision: "fp32" });
    expect(await readdir(tiny.config.cacheDirectory)).toHaveLength(before.length + 1);
    const first = summary(await finish(exact.jobs.generate(request({ maxTokens: 1 }))));
    expect(first.text).toBe((await tiny.generate({ maxTokens: 1 })).text);
    await exact.close();
  });

  it("refuses a file that has no network in it", async () => {
    const modelPath = fixture("checkpoints/tokenizers/qwen2.gguf");
    await expect(openLanguageModelEngine({ ...tiny.config, modelPath })).rejects.toMatchObject({
      code: "checkpoint-invalid",
    });
  });
});
