import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openCheckpoint } from "../../../models/checkpoint/index.ts";
import { decoderConfigFromGguf } from "../../../models/llm/config.ts";
import { type Candidates, DecoderNetwork } from "../../../models/llm/decoder-network.ts";
import { decoderGraph } from "../../../models/llm/decoder.ts";
import { RunPace } from "../../../models/llm/run-pace.ts";
import { Sampler } from "../../../models/llm/sampler.ts";
import { CacheSets } from "../../../models/llm/cache-sets.ts";
import { Seat } from "../../../models/llm/seat.ts";
import { writeTokens } from "../../../models/llm/write-tokens.ts";
import { serializeModel } from "../../../models/onnx/index.ts";
import type { SamplingOptions } from "../../../streaming/index.ts";
import { fixture } from "./support.ts";

const GREEDY: SamplingOptions = { temperature: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 0 };
const PROMPT = [5, 9, 12, 7, 5, 9];

let network: DecoderNetwork;

beforeAll(async () => {
  const checkpoint = await openCheckpoint(fixture("llm/tiny.gguf"));
  const [vocabulary = 0] = checkpoint.tensors.get("token_embd.weight")!.shape;
  const config = decoderConfigFromGguf(checkpoint.metadata, vocabulary);
  const options = { precision: "fp32", input: "embeddings", output: "shortlist" } as const;
  network = await DecoderNetwork.open(
    await serializeModel(decoderGraph(config, checkpoint, options)),
    config,
    { threads: 1, checkpoint, embeddingTensor: "token_embd.weight", headTensor: "token_embd.weight" },
  );
});

afterAll(async () => {
  await network.close();
});

/** What is written after the prompt with these guesses, and in how many runs. */
async function write(
  sampling: SamplingOptions,
  guess: (tokens: readonly number[]) => readonly number[],
  maxTokens = 24,
  allowed?: (candidates: Candidates) => Candidates,
) {
  const seat = new Seat(network.config, new CacheSets(network.config, { roomTokens: 256 }));
  const [first] = await network.candidates(seat, PROMPT);
  const draft = { guess };
  const writing = {
    first: first!,
    maxTokens,
    sampler: new Sampler(sampling),
    draft,
    pace: new RunPace(),
    ...(allowed && { allowed }),
  };
  const tokens: number[] = [];
  let runs = 0;
  for await (const token of writeTokens(network, seat, writing)) {
    if (token === undefined) runs += 1;
    else tokens.push(token);
  }
  return { tokens, runs, seat };
}

describe("writing with guesses", () => {
  const samplings: readonly SamplingOptions[] = [
    GREEDY,
    { ...GREEDY, temperature: 1, seed: 3 },
    { ...GREEDY, temperature: 0.7, topP: 0.9, repetitionPenalty: 1.3, seed: 11 },
  ];

  it.each(samplings)(
    "says the same with right, wrong and half-right guesses, in fewer runs: %o",
    async (sampling) => {
      const plain = await write(sampling, () => []);
      expect(plain.tokens).toHaveLength(24);
      expect(plain.runs).toBe(23);
      const knowing = (tokens: readonly number[]) =>
        plain.tokens.slice(tokens.length - PROMPT.length).slice(0, 3);
      const right = await write(sampling, knowing);
      expect(right.tokens).toEqual(plain.tokens);
      expect(right.runs).toBeLessThan(8);
      const wrong = await write(sampling, (tokens) => knowing(tokens).map((token) => (token + 1) % 30));
      expect(wrong.tokens).toEqual(plain.tokens);
      const half = await write(sampling, (tokens) =>
        knowing(tokens).map((token, index) => (index === 1 ? 0 : token)),
      );
      expect(half.tokens).toEqual(plain.tokens);
      expect(half.runs).toBeLessThan(plain.runs);
    },
  );

  it("leaves a cache that holds what its tokens say, after wrong guesses too", async () => {
    const { seat, tokens } = await write(GREEDY, () => [1, 2, 3]);
    const fresh = new Seat(network.config, new CacheSets(network.config, { roomTokens: 256 }));
    await network.candidates(fresh, seat.tokens, 0);
    const [after] = await network.candidates(seat, [tokens.at(-1)!]);
    const [expected] = await network.candidates(fresh, [tokens.at(-1)!]);
    expect(after!.tokens.slice(0, 5)).toEqual(expected!.tokens.slice(0, 5));
    for (const [index, logit] of expected!.logits.slice(0, 5).entries()) {
      expect(after!.logits[index]).toBeCloseTo(logit, 3);
    }
  });

  it("asks what is allowed before each token, whatever was guessed, and writes nothing else", async () => {
    const plain = await write(GREEDY, () => []);
    const banned = plain.tokens[3]!;
    const asked: number[] = [];
    const allowed = ({ tokens, logits }: Candidates): Candidates => {
      asked.push(tokens.length);
      const kept = [...tokens.keys()].filter((index) => tokens[index] !== banned);
      return {
        tokens: kept.map((index) => tokens[index]!),
        logits: Float32Array.from(kept, (index) => logits[index]!),
      };
    };
    const alone = await write(GREEDY, () => [], 24, allowed);
    expect(alone.tokens.slice(0, 3)).toEqual(plain.tokens.slice(0, 3));
    expect(alone.tokens).not.toContain(banned);
    expect(asked).toHaveLength(24);
    const guessed = await write(
      GREEDY,
      (tokens) => plain.tokens.slice(tokens.length - PROMPT.length),
      24,
      allowed,
    );
    expect(guessed.tokens).toEqual(alone.tokens);
    expect(asked).toHaveLength(48);
  });

  it("never writes more than it may", async () => {
    const { tokens } = await write(GREEDY, () => [1, 2, 3], 2);
    expect(tokens).toHaveLength(2);
  });
});

describe("a seat from whose middle tokens are gone", () => {
  /** Keys and values of the first layer, which depend on a token and its place only; those of others on all tokens before. */
  const firstLayer = (seat: Seat): number[][] =>
    ["key", "value"].map((part) => {
      const tensor = seat.bind(0).past[`past.0.${part}`];
      return tensor?.type === "float32" ? [...tensor.data] : [];
    });

  it.each([
    [2, 3],
    [0, 1],
    [5, 1],
    [1, 5],
  ])("holds the others as if they had been computed where they are now (%d, %d)", async (start, count) => {
    const sets = new CacheSets(network.config, { roomTokens: 256 });
    const [seat, fresh] = [new Seat(network.config, sets), new Seat(network.config, sets)];
    await network.candidates(seat, PROMPT, 0);
    seat.drop(start, count);
    expect(seat.tokens).toEqual(PROMPT.toSpliced(start, count));
    await network.candidates(fresh, seat.tokens, 0);
    const [moved, computed] = [firstLayer(seat), firstLayer(fresh)];
    for (const [part, values] of computed.entries()) {
      expect(moved[part]).toHaveLength(values.length);
      for (const [index, value] of values.entries()) expect(moved[part]![index]).toBeCloseTo(value, 4);
    }
    // And goes on with what comes next.
    await network.candidates(seat, [3, 4], 0);
    expect(seat.tokens.slice(-2)).toEqual([3, 4]);
  });
});
