import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ggufTokenizer, openCheckpoint } from "../../models/checkpoint/index.ts";
import { ChatPrompt } from "../../models/llm/chat-template.ts";
import { decoderConfigFromGguf } from "../../models/llm/config.ts";
import type { DecoderConfig } from "../../models/llm/config.ts";
import { DecoderNetwork } from "../../models/llm/decoder-network.ts";
import { decoderGraph } from "../../models/llm/decoder.ts";
import { argmax } from "../../models/llm/sampler.ts";
import { Seat } from "../../models/llm/seat.ts";
import type { Precision } from "../../models/llm/stacked-weights.ts";
import { TextTokenizer } from "../../models/llm/tokenizer.ts";
import { compiledModel } from "../../models/onnx/index.ts";
import type { ChatMessage } from "../../streaming/index.ts";
import { haveModels, modelPath } from "../support/models.ts";

const fixture = async (name: string): Promise<string> =>
  await readFile(fileURLToPath(new URL(`../fixtures/llm/${name}`, import.meta.url)), "utf8");

interface GreedyReference {
  readonly messages: readonly ChatMessage[];
  readonly ids: readonly number[];
  readonly tokens: readonly number[];
}

/** Tokens put through a network at a time. */
const CHUNK = 64;

describe.skipIf(!haveModels("lite"))("SmolLM2 from its GGUF file", () => {
  let folder: string;
  let config: DecoderConfig;
  let tokenizer: TextTokenizer;
  let prompt: ChatPrompt;
  const networks = new Map<Precision, DecoderNetwork>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "antiphon-llm-"));
    const path = modelPath("language-model");
    const { metadata, tensors, close } = await describeFile(path);
    config = decoderConfigFromGguf(metadata, tensors.get("token_embd.weight")?.shape[0] ?? 0);
    const { tokenizerJson, configJson } = ggufTokenizer(metadata);
    tokenizer = new TextTokenizer(tokenizerJson, configJson);
    prompt = new ChatPrompt(configJson.chat_template ?? "", tokenizer);
    await close();
    for (const precision of ["fp32", "stored"] as const) {
      networks.set(precision, await openNetwork(path, precision));
    }
  });

  afterAll(async () => {
    for (const network of networks.values()) await network.close();
    await rm(folder, { recursive: true });
  });

  async function describeFile(path: string) {
    const checkpoint = await openCheckpoint(path);
    const { metadata, tensors } = checkpoint;
    return { metadata, tensors, close: () => checkpoint.close() };
  }

  async function openNetwork(path: string, precision: Precision): Promise<DecoderNetwork> {
    const checkpoint = await openCheckpoint(path);
    const graph = await compiledModel({ directory: folder, key: precision }, () =>
      decoderGraph(config, checkpoint, { precision, input: "embeddings" }),
    );
    const options = { threads: 2, checkpoint, embeddingTensor: "token_embd.weight" };
    return await DecoderNetwork.open(graph, config, options);
  }

  it("in float32 greedily says what the reference says, token for token, to 20 prompts", async () => {
    const references = JSON.parse(await fixture("smollm2-greedy.json")) as GreedyReference[];
    expect(references).toHaveLength(20);
    const network = networks.get("fp32")!;
    for (const { messages, ids, tokens } of references) {
      expect(prompt.forAnswer(messages)).toEqual(ids);
      const seat = new Seat(config);
      const said: number[] = [];
      let next = ids;
      while (said.length < tokens.length) {
        said.push(argmax(await network.run(seat, next)));
        next = said.slice(-1);
      }
      expect(said, tokenizer.decode(ids)).toEqual(tokens);
    }
  });

  it("as shipped is within 1 % of float32's perplexity and agrees on 95 % of the best tokens", async () => {
    const ids = tokenizer.encode(await fixture("perplexity.txt"));
    expect(ids.length).toBeGreaterThan(1400);
    const exact = await predict(networks.get("fp32")!, ids);
    const shipped = await predict(networks.get("stored")!, ids);
    const agreement =
      exact.best.filter((token, index) => token === shipped.best[index]).length / exact.best.length;
    const change = shipped.perplexity / exact.perplexity - 1;
    console.log(
      `SmolLM2, ${ids.length} tokens: perplexity ${exact.perplexity.toFixed(3)} in float32, ` +
        `${shipped.perplexity.toFixed(3)} as shipped (${(100 * change).toFixed(2)} %), ` +
        `top-1 agreement ${(100 * agreement).toFixed(2)} %`,
    );
    expect(Math.abs(change)).toBeLessThanOrEqual(0.01);
    expect(agreement).toBeGreaterThanOrEqual(0.95);
  });

  /** Each next token as the network foresees it: its best guess, and the perplexity of what came. */
  async function predict(network: DecoderNetwork, ids: readonly number[]) {
    const seat = new Seat(config);
    const best: number[] = [];
    let negativeLogProbability = 0;
    for (let start = 0; start + 1 < ids.length; start += CHUNK) {
      const chunk = ids.slice(start, Math.min(start + CHUNK, ids.length - 1));
      const logits = await network.run(seat, chunk, chunk.length);
      for (const row of chunk.keys()) {
        const scores = logits.subarray(row * config.vocabularySize, (row + 1) * config.vocabularySize);
        best.push(argmax(scores));
        negativeLogProbability -= logProbability(scores, ids[start + row + 1]!);
      }
    }
    return { best, perplexity: Math.exp(negativeLogProbability / best.length) };
  }
});

function logProbability(logits: Float32Array, token: number): number {
  const highest = logits[argmax(logits)]!;
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  return logits[token]! - highest - Math.log(sum);
}
