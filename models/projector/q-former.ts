import type { GraphBuilder, Value } from "../onnx/index.ts";
import { attention, constant, forEachOf, gelu, layerNorm, linear } from "../onnx/layers.ts";
import type { FloatTensor, LinearWeights, NormWeights, Precision } from "../onnx/layers.ts";
import type { NamedTensors } from "../onnx/named-tensors.ts";

interface AttentionWeights {
  readonly query: LinearWeights;
  readonly key: LinearWeights;
  readonly value: LinearWeights;
  readonly output: LinearWeights;
  readonly norm: NormWeights;
}

interface LayerWeights {
  readonly selfAttention: AttentionWeights;
  /** In every second layer. */
  readonly crossAttention?: AttentionWeights;
  readonly up: LinearWeights;
  readonly down: LinearWeights;
  readonly norm: NormWeights;
}

export interface QFormerWeights {
  readonly heads: number;
  readonly normEpsilon: number;
  /** [1, queries, width] */
  readonly queries: FloatTensor;
  readonly norm: NormWeights;
  readonly layers: readonly LayerWeights[];
  /** Into the language model's embeddings. */
  readonly projection: LinearWeights;
}

/** Weights under the names of transformers' Blip2ForConditionalGeneration. */
export function qFormerWeights(
  tensors: NamedTensors,
  { heads, normEpsilon }: Pick<QFormerWeights, "heads" | "normEpsilon">,
): QFormerWeights {
  const layers = tensors.below("qformer.encoder.");
  const count = layers.count((index) => `layer.${index}.output_query.dense`);
  return {
    heads,
    normEpsilon,
    queries: tensors.tensor("query_tokens"),
    norm: tensors.norm("qformer.layernorm"),
    layers: Array.from({ length: count }, (_, index) => layerWeights(layers.below(`layer.${index}.`))),
    projection: tensors.linear("language_projection"),
  };
}

function layerWeights(layer: NamedTensors): LayerWeights {
  const attentionWeights = (place: string): AttentionWeights => ({
    query: layer.linear(`${place}.attention.query`),
    key: layer.linear(`${place}.attention.key`),
    value: layer.linear(`${place}.attention.value`),
    output: layer.linear(`${place}.output.dense`),
    norm: layer.norm(`${place}.output.LayerNorm`),
  });
  return {
    selfAttention: attentionWeights("attention"),
    ...(layer.has("crossattention.output.dense.weight") && {
      crossAttention: attentionWeights("crossattention"),
    }),
    up: layer.linear("intermediate_query.dense"),
    down: layer.linear("output_query.dense"),
    norm: layer.norm("output_query.LayerNorm"),
  };
}

/**
 * The querying transformer (BLIP-2, arXiv 2301.12597, section 3.1) without text: learnt queries attend to each other and, in every second
 * layer, to the patches; post-norm, as in BERT. Features [n, patches, any width] → embeddings [n, queries, language width].
 */
export function qFormer(
  graph: GraphBuilder,
  features: Value,
  weights: QFormerWeights,
  precision: Precision,
): Value {
  const { queries, norm, normEpsilon, layers, projection } = weights;
  const [, count = 0, width = 0] = queries.dims;
  const learnt = forEachOf(graph, features, constant(graph, queries), [count, width]);
  let x = layerNorm(graph, learnt, norm, normEpsilon);
  for (const { selfAttention, crossAttention, ...perceptron } of layers) {
    x = attend(graph, { x, to: x }, selfAttention, weights, precision);
    if (crossAttention !== undefined)
      x = attend(graph, { x, to: features }, crossAttention, weights, precision);
    const raised = gelu(graph, linear(graph, x, perceptron.up, precision));
    const added = graph.op("Add", [x, linear(graph, raised, perceptron.down, precision)]);
    x = layerNorm(graph, added, perceptron.norm, normEpsilon);
  }
  return linear(graph, x, projection, precision);
}

function attend(
  graph: GraphBuilder,
  { x, to }: { readonly x: Value; readonly to: Value },
  weights: AttentionWeights,
  { heads, normEpsilon }: QFormerWeights,
  precision: Precision,
): Value {
  const query = linear(graph, x, weights.query, precision);
  const key = linear(graph, to, weights.key, precision);
  const value = linear(graph, to, weights.value, precision);
  const seen = linear(graph, attention(graph, [query, key, value], heads), weights.output, precision);
  return layerNorm(graph, graph.op("Add", [x, seen]), weights.norm, normEpsilon);
}
