import { GraphBuilder, NONE } from "../onnx/index.ts";
import type { Value } from "../onnx/index.ts";
import { constant, layerNorm, linear, type Precision } from "../onnx/layers.ts";
import { feedForward } from "./encoder.ts";
import type { CrossAttentionWeights, SelfAttentionWeights, WhisperSizes, WhisperWeights } from "./weights.ts";

/**
 * Whisper's text decoder (arXiv 2212.04356) as an ONNX graph, batch of one, s new tokens:
 *
 * - in: `input_ids` int64 [1, s] and their `positions` int64 [s]; `last_position` int32 [1], that of the newest token;
 *   `total_length` int32 [], tokens so far with the new ones; the encoder's `cross.{layer}.{key,value}`; the cache `past.{layer}.{key,value}` float32
 *   [1, heads, capacity, headWidth];
 * - out: `logits` float32 [1, s, vocabulary]; `present.{layer}.{key,value}`, the cache with the new tokens in it.
 *   Give the memory of `past` for `present` and it is written in place; to take tokens back, just count from less.
 */
export function decoderGraph(weights: WhisperWeights, precision: Precision): GraphBuilder {
  const { sizes, decoder } = weights;
  const graph = new GraphBuilder("whisper-decoder");
  const ids = graph.input("input_ids", "int64", [1, "s"]);
  const positions = graph.input("positions", "int64", ["s"]);
  graph.input("last_position", "int32", [1]);
  graph.input("total_length", "int32", []);

  const embedded = graph.op("Gather", [constant(graph, decoder.tokens), ids]);
  let x = graph.op("Add", [embedded, graph.op("Gather", [constant(graph, decoder.positions), positions])]);
  for (const [index, layer] of decoder.layers.entries()) {
    x = graph.op("Add", [x, selfAttention(graph, sizes, x, { index, precision, ...layer.selfAttention })]);
    x = graph.op("Add", [x, crossAttention(graph, sizes, x, { index, precision, ...layer.crossAttention })]);
    x = graph.op("Add", [x, feedForward(graph, x, layer.feedForward, precision)]);
  }
  const normed = layerNorm(graph, x, decoder.norm);
  const logits = linear(graph, normed, { weight: decoder.tokens }, precision);
  graph.output(logits, "logits", "float32", [1, "s", sizes.vocabulary]);
  return graph;
}

interface LayerPlace {
  readonly index: number;
  readonly precision: Precision;
}

/** Pre-norm causal self attention over the cache; grouped-query attention with as many key as query heads. */
function selfAttention(
  graph: GraphBuilder,
  { heads, headWidth }: WhisperSizes,
  x: Value,
  { index, precision, ...weights }: LayerPlace & SelfAttentionWeights,
): Value {
  const projected = linear(graph, layerNorm(graph, x, weights.norm), weights.queryKeyValue, precision);
  const cache = (side: "past" | "present", part: "key" | "value"): Value => `${side}.${index}.${part}`;
  for (const part of ["key", "value"] as const) {
    const dims = [1, heads, "capacity", headWidth];
    graph.input(cache("past", part), "float32", dims);
    graph.output(cache("present", part), cache("present", part), "float32", dims);
  }
  const past = [cache("past", "key"), cache("past", "value")];
  const [attended = NONE] = graph.ops(
    "GroupQueryAttention",
    [projected, NONE, NONE, ...past, "last_position", "total_length"],
    3,
    {
      domain: "com.microsoft",
      attributes: { num_heads: heads, kv_num_heads: heads },
      outputs: [`attended.${index}`, cache("present", "key"), cache("present", "value")],
    },
  );
  return linear(graph, attended, weights.output, precision);
}

/** Pre-norm attention to the sound, whose keys and values come ready from the encoder graph. */
function crossAttention(
  graph: GraphBuilder,
  { heads, headWidth }: WhisperSizes,
  x: Value,
  { index, precision, ...weights }: LayerPlace & CrossAttentionWeights,
): Value {
  const [key, value] = (["key", "value"] as const).map((part) =>
    graph.input(`cross.${index}.${part}`, "float32", [1, heads, "steps", headWidth]),
  ) as [Value, Value];
  const query = linear(graph, layerNorm(graph, x, weights.norm), weights.query, precision);
  const attended = graph.op("MultiHeadAttention", [query, key, value], {
    domain: "com.microsoft",
    attributes: { num_heads: heads },
  });
  return linear(graph, attended, weights.output, precision);
}
