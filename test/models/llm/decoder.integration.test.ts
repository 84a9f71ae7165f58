import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { openCheckpoint } from "../../../models/checkpoint/index.ts";
import type { Checkpoint } from "../../../models/checkpoint/index.ts";
import { decoderConfigFromJson } from "../../../models/llm/config.ts";
import { decoderGraph } from "../../../models/llm/decoder.ts";
import { DecoderNetwork } from "../../../models/llm/decoder-network.ts";
import { FrameTokens } from "../../../models/llm/frame-tokens.ts";
import { CacheSets } from "../../../models/llm/cache-sets.ts";
import { Seat } from "../../../models/llm/seat.ts";
import { serializeModel } from "../../../models/onnx/index.ts";
import { floatData, floats, integers, NetworkSession } from "../../../models/runtime/session.ts";

/** A tiny random checkpoint with the logits that Hugging Face transformers computed from it in float32. */
async function openTiny(name: string) {
  const path = (file: string): string =>
    fileURLToPath(new URL(`../../fixtures/checkpoints/${name}/${file}`, import.meta.url));
  const config = decoderConfigFromJson(
    JSON.parse(await readFile(path("config.json"), "utf8")) as Record<string, unknown>,
  );
  const checkpoint = await openCheckpoint(path("model.safetensors"));
  const reference = await openCheckpoint(path("reference.safetensors"));
  const [prompt, steps] = [await tokenIds(reference, "prompt_ids"), await tokenIds(reference, "step_ids")];
  const promptLogits = await reference.floats("prompt_logits");
  const stepLogits = await reference.floats("step_logits");
  await reference.close();
  return { config, checkpoint, prompt, steps, promptLogits, stepLogits };
}

async function tokenIds(reference: Checkpoint, name: string): Promise<number[]> {
  return [...new BigInt64Array((await reference.bytes(name)).buffer)].map(Number);
}

async function openNetwork(
  config: Awaited<ReturnType<typeof openTiny>>["config"],
  checkpoint: Checkpoint,
  output: "logits" | "shortlist" = "logits",
  frames = new FrameTokens(config),
) {
  const graph = decoderGraph(config, checkpoint, { precision: "fp32", input: "embeddings", output });
  return await DecoderNetwork.open(await serializeModel(graph), config, {
    threads: 1,
    checkpoint,
    frames,
    embeddingTensor: "model.embed_tokens.weight",
    headTensor: checkpoint.tensors.has("lm_head.weight") ? "lm_head.weight" : "model.embed_tokens.weight",
  });
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((largest, value, index) => Math.max(largest, Math.abs(value - (b[index] ?? NaN))), 0);
}

describe.each(["llama", "llama-rope-scaled", "qwen2", "qwen3"])("%s decoder", (name) => {
  it("computes the reference's logits for a prompt and for cached steps", async () => {
    const { config, checkpoint, prompt, steps, promptLogits, stepLogits } = await openTiny(name);
    const network = await openNetwork(config, checkpoint);
    const seat = new Seat(config, new CacheSets(config, { roomTokens: 256 }));
    expect(largestDifference(await network.logits(seat, prompt, prompt.length), promptLogits)).toBeLessThan(
      1e-4,
    );
    for (const [index, token] of steps.entries()) {
      const expected = stepLogits.subarray(
        index * config.vocabularySize,
        (index + 1) * config.vocabularySize,
      );
      expect(largestDifference(await network.logits(seat, [token]), expected)).toBeLessThan(1e-4);
    }
    await network.close();
  });

  it("gives the tokens with the highest logits, and those logits, for each of several positions", async () => {
    const { config, checkpoint, prompt, promptLogits } = await openTiny(name);
    const network = await openNetwork(config, checkpoint, "shortlist");
    const seat = new Seat(config, new CacheSets(config, { roomTokens: 256 }));
    await network.candidates(seat, prompt.slice(0, 3), 0);
    const found = await network.candidates(seat, prompt.slice(3), prompt.length - 3);
    expect(found).toHaveLength(prompt.length - 3);
    for (const [index, { tokens, logits }] of found.entries()) {
      const start = (index + 3) * config.vocabularySize;
      const all = [...promptLogits.subarray(start, start + config.vocabularySize)];
      const best = all.map((_, token) => token).sort((a, b) => all[b]! - all[a]!);
      expect(tokens).toEqual(best.slice(0, tokens.length));
      const expected = Float32Array.from(tokens, (token) => all[token]!);
      expect(largestDifference(logits, expected)).toBeLessThan(1e-4);
    }
    await network.close();
  });

  it("computes the same after tokens were taken back and put in again", async () => {
    const { config, checkpoint, prompt, steps, stepLogits } = await openTiny(name);
    const network = await openNetwork(config, checkpoint);
    const seat = new Seat(config, new CacheSets(config, { roomTokens: 256 }));
    await network.logits(seat, prompt.slice(0, 6));
    await network.logits(seat, [1, 2, 3, 4, 5]);
    seat.truncate(6);
    expect(seat.tokens).toEqual(prompt.slice(0, 6));
    await network.logits(seat, prompt.slice(6));
    const first = steps[0] ?? 0;
    const expected = stepLogits.subarray(0, config.vocabularySize);
    expect(largestDifference(await network.logits(seat, [first]), expected)).toBeLessThan(1e-4);
    await network.close();
  });

  it("reads a frame's vectors as it reads words with the same vectors", async () => {
    const { config, checkpoint, prompt, promptLogits } = await openTiny(name);
    const rows = checkpoint.floatRows("model.embed_tokens.weight", prompt.slice(2, 7));
    const frames = new FrameTokens(config);
    const network = await openNetwork(config, checkpoint, "logits", frames);
    const tokens = frames.tokensOf({ id: "words", embeddings: rows });
    const seat = new Seat(config, new CacheSets(config, { roomTokens: 256 }));
    const logits = await network.logits(
      seat,
      [...prompt.slice(0, 2), ...tokens, ...prompt.slice(7)],
      prompt.length,
    );
    expect(largestDifference(logits, promptLogits)).toBeLessThan(1e-4);
    await expect(network.logits(seat, [config.vocabularySize + 99])).rejects.toThrow(/nothing is known/);
    await network.close();
  });

  it("gives the same from token ids as from embeddings", async () => {
    const { config, checkpoint, prompt, promptLogits } = await openTiny(name);
    const graph = decoderGraph(config, checkpoint, { precision: "fp32", input: "tokens", output: "logits" });
    const session = await NetworkSession.open(await serializeModel(graph), { threads: 1 });
    const empty = floats(new Float32Array(0), [1, config.keyValueHeads, 0, config.headDim]);
    const past = session.inputNames.filter((input) => input.startsWith("past."));
    const outputs = await session.run({
      input_ids: integers(prompt, [1, prompt.length]),
      last_position: { type: "int32", data: Int32Array.of(prompt.length - 1), dims: [1] },
      total_length: { type: "int32", data: Int32Array.of(prompt.length), dims: [] },
      wanted_from: integers([-prompt.length], [1]),
      ...Object.fromEntries(past.map((input) => [input, empty])),
    });
    expect(largestDifference(floatData(outputs["logits"]), promptLogits)).toBeLessThan(1e-4);
    await session.close();
    await checkpoint.close();
  });
});
