import type { Checkpoint } from "../checkpoint/index.ts";
import { GraphBuilder, NONE } from "../onnx/index.ts";
import type { Value } from "../onnx/index.ts";
import type { DecoderConfig } from "./config.ts";
import { ropeTables } from "./rope.ts";
import { bestTokens } from "./shortlist.ts";
import type { Precision } from "./stacked-weights.ts";
import { DecoderWeights } from "./weights.ts";
import type { BlockWeights } from "./weights.ts";

export interface DecoderOptions {
  readonly precision: Precision;
  /** What feeds the decoder: token ids, or vectors that may come from any modality. */
  readonly input: "tokens" | "embeddings";
  /** What it gives: scores of the whole vocabulary, or the last hidden states and a shortlist of tokens. */
  readonly output: "logits" | "shortlist";
}

/**
 * A decoder of the Llama family as an ONNX graph, batch of one:
 *
 * - in: `input_ids` int64 [1, s] or `inputs_embeds` float32 [1, s, hidden]; the cache `past.{layer}.{key,value}`
 *   float32 [1, keyValueHeads, past, headDim]; `last_position` int32 [1] = past + s - 1; `total_length` int32 [] =
 *   past + s; `wanted_from` int64 [1], the first of the s positions whose scores are wanted (-1: only the last);
 * - out: `logits` float32 [1, wanted, vocabulary], or `shortlist` int64 [1, wanted, 40], the tokens that may be likely,
 *   with `hidden` float32 [1, wanted, hidden], whose product with a token's row of the vocabulary projection is its
 *   logit; `present.{layer}.{key,value}`, the cache grown by s.
 *
 * Llama (arXiv 2302.13971): pre-norm blocks of grouped-query attention with rotary positions and a SwiGLU
 * feed-forward. Qwen2.5 adds biases to query, key and value; Qwen3 normalises queries and keys per head instead.
 */
export function decoderGraph(
  config: DecoderConfig,
  checkpoint: Checkpoint,
  options: DecoderOptions,
): GraphBuilder {
  const graph = new GraphBuilder("decoder");
  const weights = new DecoderWeights(graph, checkpoint, config, options.precision);
  const rotary = rotaryTables(graph, config);
  let x =
    options.input === "embeddings"
      ? graph.input("inputs_embeds", "float32", [1, "s", config.hiddenSize])
      : graph.op("Gather", [weights.embedding(), graph.input("input_ids", "int64", [1, "s"])]);
  graph.input("last_position", "int32", [1]);
  graph.input("total_length", "int32", []);
  graph.input("wanted_from", "int64", [1]);

  for (let layer = 0; layer < config.layers; layer++) {
    const block = weights.layer(layer);
    const attended = attention(graph, config, block, {
      x: rmsNorm(graph, config, x, block.attentionNorm),
      layer,
      rotary,
    });
    x = graph.op("Add", [x, attended]);
    x = graph.op("Add", [x, feedForward(graph, block, rmsNorm(graph, config, x, block.feedForwardNorm))]);
  }

  const end = graph.integers([2 ** 31 - 1]);
  const wanted = graph.op("Slice", [x, "wanted_from", end, graph.integers([1])]);
  const hidden = rmsNorm(graph, config, wanted, weights.finalNorm());
  if (options.output === "logits") {
    graph.output(weights.head(hidden), "logits", "float32", [1, "wanted", config.vocabularySize]);
    return graph;
  }
  const best = bestTokens(graph, weights.roughHead(hidden), config.vocabularySize);
  graph.output(best, "shortlist", "int64", [1, "wanted", "candidates"]);
  graph.output(hidden, "hidden", "float32", [1, "wanted", config.hiddenSize]);
  return graph;
}

interface AttentionInput {
  readonly x: Value;
  readonly layer: number;
  readonly rotary: { readonly cosines: Value; readonly sines: Value };
}

function attention(
  graph: GraphBuilder,
  config: DecoderConfig,
  block: BlockWeights,
  { x, layer, rotary }: AttentionInput,
): Value {
  const { heads, keyValueHeads, headDim } = config;
  const [q = NONE, k = NONE, value = NONE] = block.queryKeyValue(x);
  const query = headNorm(graph, config, q, { heads, norm: block.queryNorm });
  const key = headNorm(graph, config, k, { heads: keyValueHeads, norm: block.keyNorm });
  const cache = (side: "past" | "present", part: "key" | "value"): Value => `${side}.${layer}.${part}`;
  for (const part of ["key", "value"] as const) {
    graph.input(cache("past", part), "float32", [1, keyValueHeads, "past", headDim]);
    graph.output(cache("present", part), cache("present", part), "float32", [
      1,
      keyValueHeads,
      "present",
      headDim,
    ]);
  }
  const [attended = NONE] = graph.ops(
    "GroupQueryAttention",
    [
      ...[query, key, value],
      ...[cache("past", "key"), cache("past", "value")],
      ...["last_position", "total_length", rotary.cosines, rotary.sines],
    ],
    3,
    {
      domain: "com.microsoft",
      attributes: { num_heads: heads, kv_num_heads: keyValueHeads, do_rotary: 1 },
      outputs: [`attended.${layer}`, cache("present", "key"), cache("present", "value")],
    },
  );
  return block.attentionOutput(attended);
}

/** SwiGLU (arXiv 2002.05202): down(silu(gate(x)) * up(x)). */
function feedForward(graph: GraphBuilder, block: BlockWeights, x: Value): Value {
  const [gate = NONE, up = NONE] = block.gateAndUp(x);
  const activated = graph.op("Mul", [gate, graph.op("Sigmoid", [gate])]);
  return block.down(graph.op("Mul", [activated, up]));
}

/** Root-mean-square norm (arXiv 1910.07467) over the last axis. */
function rmsNorm(graph: GraphBuilder, config: DecoderConfig, x: Value, gain: Value): Value {
  return graph.op("SimplifiedLayerNormalization", [x, gain], {
    attributes: { epsilon: config.normEpsilon, axis: -1 },
  });
}

function headNorm(
  graph: GraphBuilder,
  config: DecoderConfig,
  x: Value,
  { heads, norm }: { heads: number; norm: Value | undefined },
): Value {
  if (norm === undefined) return x;
  const perHead = graph.op("Reshape", [x, graph.integers([0, 0, heads, config.headDim])]);
  const normed = rmsNorm(graph, config, perHead, norm);
  return graph.op("Reshape", [normed, graph.integers([0, 0, heads * config.headDim])]);
}

/** Longest context whose rotations are stored; conversations are capped far below. */
const STORED_POSITIONS = 4096;

function rotaryTables(graph: GraphBuilder, config: DecoderConfig): { cosines: Value; sines: Value } {
  const positions = Math.min(config.contextLength, STORED_POSITIONS);
  const { cosines, sines } = ropeTables(config, positions);
  const dims = [positions, config.headDim / 2];
  return {
    cosines: graph.floats("rope.cosines", cosines, dims),
    sines: graph.floats("rope.sines", sines, dims),
  };
}
