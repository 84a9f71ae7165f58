import { setImmediate } from "node:timers/promises";

import { afterAll, beforeAll, expect, it, vi } from "vitest";

import { ggufTokenizer, openCheckpoint } from "../../../models/checkpoint/index.ts";
import { ChatPrompt } from "../../../models/llm/chat-template.ts";
import { decoderConfigFromGguf } from "../../../models/llm/config.ts";
import { DecoderNetwork } from "../../../models/llm/decoder-network.ts";
import { decoderGraph } from "../../../models/llm/decoder.ts";
import { createLanguageModel, withoutScore, withStopStrings } from "../../../models/llm/language-model.ts";
import { createRemoteLanguageModel } from "../../../models/llm/remote.ts";
import { CacheSets } from "../../../models/llm/cache-sets.ts";
import { Seat } from "../../../models/llm/seat.ts";
import { TextTokenizer } from "../../../models/llm/tokenizer.ts";
import { serializeModel } from "../../../models/onnx/index.ts";
import { inProcessClient } from "../../../models/runtime/in-process.ts";
import type { ChatMessage } from "../../../streaming/index.ts";
import { fixture } from "./support.ts";
import { finish, FIRST, request, say, TinyEngine } from "./tiny-engine.ts";

const CHOICES = ["Yes", "No", "maybe", "Yet"] as const;

let tiny: TinyEngine;
beforeAll(async () => {
  // Whole numbers, so that only the scores of the whole vocabulary are to compare with.
  tiny = await TinyEngine.open({ precision: "fp32" });
});
afterAll(async () => {
  await tiny[Symbol.asyncDispose]();
});

/** Softmax over the choices of the scores that a network has for its whole vocabulary. */
async function reference(messages: readonly ChatMessage[], choices: readonly string[]): Promise<number[]> {
  const checkpoint = await openCheckpoint(fixture("llm/tiny.gguf"));
  const [vocabulary = 0] = checkpoint.tensors.get("token_embd.weight")!.shape;
  const config = decoderConfigFromGguf(checkpoint.metadata, vocabulary);
  const { tokenizerJson, configJson } = ggufTokenizer(checkpoint.metadata);
  const tokenizer = new TextTokenizer(tokenizerJson, configJson);
  const options = { precision: "fp32", input: "embeddings", output: "logits" } as const;
  const network = await DecoderNetwork.open(
    await serializeModel(decoderGraph(config, checkpoint, options)),
    config,
    { threads: 1, checkpoint, embeddingTensor: "token_embd.weight", headTensor: "token_embd.weight" },
  );
  const prompt = new ChatPrompt(configJson.chat_template!, tokenizer).forAnswer(messages);
  const logits = await network.logits(new Seat(config, new CacheSets(config, { roomTokens: 256 })), prompt);
  const weights = choices.map((choice) => Math.exp(logits[tokenizer.encode(choice)[0]!]!));
  await network.close();
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

it("a score is the softmax of the whole vocabulary's scores over the choices, on a cold and on a warm seat", async () => {
  const expected = await reference(FIRST, CHOICES);
  expect(new Set(expected.map((probability) => probability.toFixed(6))).size).toBeGreaterThan(1);
  for (const seat of ["scores", "scores", "a copy"]) {
    const probabilities = await tiny.score(seat, FIRST, CHOICES);
    expect(probabilities).toHaveLength(CHOICES.length);
    for (const [index, probability] of probabilities.entries()) {
      expect(probability).toBeCloseTo(expected[index]!, 5);
    }
    expect(probabilities.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 10);
  }
});

it("a seat that was scored answers as ever, from where the score has left it", async () => {
  const seat = "asked twice";
  await tiny.score(seat, FIRST, CHOICES);
  const { text, ready } = await tiny.generate({ seat });
  expect(ready!.cachedTokens).toBe(ready!.promptTokens - 1);
  expect(text).toBe((await tiny.generateAlone()).text);
  await tiny.score(seat, FIRST, CHOICES);
  expect((await tiny.generate({ seat })).text).toBe(text);
});

it("a choice without text is refused", async () => {
  await expect(tiny.score("nothing", FIRST, ["Yes", ""])).rejects.toMatchObject({ code: "text-empty" });
});

it("a score can be told to stop between two runs, and gives way to who takes its seat", async () => {
  // On a machine as slow as this one seems, few tokens are computed at a time.
  await using slow = await TinyEngine.open();
  let nowMs = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => (nowMs += 1000));
  const messages = [say("user", "Something that takes more than one run of the network.")];
  const job = slow.engine.jobs.score({ seat: "contested", messages, maxTokens: 16, choices: CHOICES });
  await job.next();
  const other = slow.engine.jobs.generate(request({ seat: "contested", messages: FIRST }));
  await other.next();
  expect(await finish(job)).toEqual([]);
  await finish(other);
  const model = createLanguageModel(inProcessClient(slow.engine));
  const controller = new AbortController();
  const reason = new Error("barge-in");
  const score = model.score!({ seat: "stopped", messages, maxTokens: 16, choices: CHOICES }, controller);
  await setImmediate();
  controller.abort(reason);
  await expect(score).rejects.toBe(reason);
  clock.mockRestore();
});

it("models that cannot score say so by not having it, through stop strings as well", () => {
  const local = createLanguageModel(inProcessClient(tiny.engine));
  const remote = createRemoteLanguageModel({
    url: "http://127.0.0.1:1/v1",
    model: "none",
    firstTokenTimeoutMs: 1,
    tokenTimeoutMs: 1,
  });
  expect(withStopStrings(local, ["x"])).toHaveProperty("score");
  expect(withoutScore(local)).not.toHaveProperty("score");
  expect(remote).not.toHaveProperty("score");
  expect(withStopStrings(remote, ["x"])).not.toHaveProperty("score");
});
