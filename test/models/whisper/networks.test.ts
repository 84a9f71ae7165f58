import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Checkpoint } from "../../../models/checkpoint/index.ts";
import type { Precision } from "../../../models/onnx/layers.ts";
import { floatData, floats, integers, type NetworkSession } from "../../../models/runtime/session.ts";
import { decoderGraph } from "../../../models/whisper/decoder.ts";
import { encoderGraph } from "../../../models/whisper/encoder.ts";
import { WhisperNetworks } from "../../../models/whisper/networks.ts";
import type { WhisperWeights } from "../../../models/whisper/weights.ts";
import { openGraph, openTinyWhisper, tinyWhisperReference } from "./tiny-whisper.ts";

const TOLERANCE = 1e-4;
const VOCABULARY = 160;

let weights: WhisperWeights;
let checkpoint: Checkpoint;
let reference: Checkpoint;
let encoder: NetworkSession;
const networks = new Map<Precision, WhisperNetworks>();
beforeAll(async () => {
  ({ checkpoint, weights } = await openTinyWhisper());
  reference = await tinyWhisperReference();
  encoder = await openGraph(encoderGraph(weights, "float32"));
  for (const precision of ["float32", "int8-blocks", "int8-columns"] as const) {
    const own = await openGraph(encoderGraph(weights, precision));
    const decoder = await openGraph(decoderGraph(weights, precision));
    networks.set(precision, WhisperNetworks.over(weights.sizes, own, decoder));
  }
});
afterAll(async () => {
  await encoder.close();
  await checkpoint.close();
  await reference.close();
  for (const one of networks.values()) await one.close();
});

async function tokenIds(name: string): Promise<number[]> {
  return Array.from(new BigInt64Array((await reference.bytes(name)).buffer), Number);
}

async function encoderInput(name: string) {
  const mel = await reference.floats(`${name}.mel`);
  const frames = mel.length / 80;
  return { mel, melBins: 80, frames, positions: Array.from({ length: frames / 2 }, (_unused, step) => step) };
}

/** Logits of the prompt and of each step after it, one run for the prompt, one run a step. */
async function cachedLogits(name: string, precision: Precision): Promise<Float32Array[]> {
  const one = networks.get(precision)!;
  const decoding = one.openDecoding(await one.encode(await encoderInput(name)));
  const prompt = await tokenIds(`${name}.prompt_ids`);
  const rows = [await decoding.run(prompt, 0)];
  for (const [index, token] of (await tokenIds(`${name}.step_ids`)).entries()) {
    rows.push(await decoding.run([token], prompt.length + index));
  }
  decoding.close();
  return rows;
}

async function referenceLogits(name: string): Promise<Float32Array[]> {
  const steps = await reference.floats(`${name}.step_logits`);
  const rows = [await reference.floats(`${name}.prompt_logits`)];
  for (let start = 0; start < steps.length; start += VOCABULARY) {
    rows.push(steps.slice(start, start + VOCABULARY));
  }
  return rows;
}

function largestDifference(one: Float32Array, other: Float32Array): number {
  expect(one.length).toBe(other.length);
  return one.reduce((largest, value, index) => Math.max(largest, Math.abs(value - other[index]!)), 0);
}

describe.each(["full", "short"])("on the %s window", (name) => {
  test("the encoder computes the reference's states, or every word would be misheard", async () => {
    const { mel, frames, positions } = await encoderInput(name);
    const { hidden } = await encoder.run({
      mel: floats(mel, [1, 80, frames]),
      positions: integers(positions, [positions.length]),
    });
    const expected = await reference.floats(`${name}.hidden`);
    expect(largestDifference(floatData(hidden), expected)).toBeLessThan(TOLERANCE);
  });

  test("the decoder computes the reference's logits for a prompt and step by step from its cache", async () => {
    const [ours, theirs] = [await cachedLogits(name, "float32"), await referenceLogits(name)];
    for (const [index, row] of theirs.entries())
      expect(largestDifference(ours[index]!, row)).toBeLessThan(TOLERANCE);
  });

  test.each(["int8-blocks", "int8-columns"] as const)("%s stays near the reference", async (precision) => {
    const [ours, theirs] = [await cachedLogits(name, precision), await referenceLogits(name)];
    for (const [index, row] of theirs.entries()) {
      const spread = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / row.length);
      expect(largestDifference(ours[index]!, row) / spread).toBeLessThan(0.1);
    }
  });
});

test("tokens fed together give what they give one by one, or drafts would change the text", async () => {
  const one = networks.get("float32")!;
  const heard = await one.encode(await encoderInput("short"));
  const [together, single] = [one.openDecoding(heard), one.openDecoding(heard)];
  const tokens = [5, 77, 12, 140];
  await together.run([3, 9], 0);
  const rows = await together.run(tokens, 2);
  await single.run([3, 9], 0);
  for (const [index, token] of tokens.entries()) {
    const row = await single.run([token], 2 + index);
    const same = rows.subarray(index * VOCABULARY, (index + 1) * VOCABULARY);
    expect(largestDifference(row, same)).toBeLessThan(TOLERANCE);
  }
});

test("tokens taken back leave no trace in the cache, or a rejected draft would colour what follows", async () => {
  const one = networks.get("float32")!;
  const heard = await one.encode(await encoderInput("short"));
  const decoding = one.openDecoding(heard);
  const clean = await decoding.run([3, 9, 20], 0);
  await decoding.run([100, 101, 102, 103], 1);
  const after = await decoding.run([9, 20], 1);
  expect(largestDifference(after, clean.subarray(VOCABULARY))).toBeLessThan(TOLERANCE);
});

test("decodings that are open at once do not share a cache", async () => {
  const one = networks.get("float32")!;
  const heard = await one.encode(await encoderInput("short"));
  const [left, right] = [one.openDecoding(heard), one.openDecoding(heard)];
  await left.run([3, 9], 0);
  await right.run([50, 60], 0);
  const mixed = await left.run([20], 2);
  left.close();
  right.close();
  const alone = one.openDecoding(heard);
  await alone.run([3, 9], 0);
  expect(largestDifference(await alone.run([20], 2), mixed)).toBe(0);
});
