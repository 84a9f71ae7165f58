import type { GraphBuilder, Value } from "../onnx/index.ts";
import { attention, constant, forEachOf, layerNorm, linear } from "../onnx/layers.ts";
import type { FloatTensor, LinearWeights, NormWeights, Precision } from "../onnx/layers.ts";
import { reshaped } from "../onnx/named-tensors.ts";
import type { NamedTensors } from "../onnx/named-tensors.ts";

interface PerceiverBlockWeights {
  readonly contextNorm: NormWeights;
  readonly latentsNorm: NormWeights;
  readonly query: LinearWeights;
  readonly key: LinearWeights;
  readonly value: LinearWeights;
  /** Within each head: Idefics has them, Flamingo has none. */
  readonly queryNorm?: NormWeights;
  readonly keyNorm?: NormWeights;
  readonly output: LinearWeights;
  readonly perceptronNorm: NormWeights;
  readonly up: LinearWeights;
  readonly down: LinearWeights;
}

export interface PerceiverWeights {
  readonly heads: number;
  /** [latents, width] */
  readonly latents: FloatTensor;
  readonly blocks: readonly PerceiverBlockWeights[];
  readonly norm: NormWeights;
}

/** Weights under the names of transformers' IdeficsPerceiverResampler. */
export function perceiverWeights(tensors: NamedTensors, heads: number): PerceiverWeights {
  const count = tensors.count((index) => `blocks.${index}.0.q_proj`);
  return {
    heads,
    latents: tensors.tensor("latents"),
    blocks: Array.from({ length: count }, (_, index) => blockWeights(tensors.below(`blocks.${index}.`))),
    norm: tensors.norm("layer_norm"),
  };
}

function blockWeights(block: NamedTensors): PerceiverBlockWeights {
  return {
    contextNorm: block.norm("0.context_layer_norm"),
    latentsNorm: block.norm("0.latents_layer_norm"),
    query: block.linear("0.q_proj"),
    key: block.linear("0.k_proj"),
    value: block.linear("0.v_proj"),
    ...(block.has("0.q_layer_norm.weight") && {
      queryNorm: block.norm("0.q_layer_norm"),
      keyNorm: block.norm("0.k_layer_norm"),
    }),
    output: block.linear("0.output_proj"),
    perceptronNorm: block.norm("1.ln"),
    up: block.linear("1.fc"),
    down: block.linear("1.c_proj"),
  };
}

/**
 * The Perceiver resampler (Flamingo, arXiv 2204.14198, section 3.1.1): a fixed number of learnt latents looks at any
 * number of patches, and at itself, features [n, patches, width] → [n, latents, width].
 */
export function perceiverResampler(
  graph: GraphBuilder,
  features: Value,
  { heads, latents, blocks, norm }: PerceiverWeights,
  precision: Precision,
): Value {
  const [count = 0, width = 0] = latents.dims;
  const learnt = constant(graph, reshaped(latents, [1, count, width]));
  let x = forEachOf(graph, features, learnt, [count, width]);
  for (const block of blocks) {
    x = graph.op("Add", [x, crossAttention(graph, { latents: x, features, heads }, block, precision)]);
    const normed = layerNorm(graph, x, block.perceptronNorm);
    const raised = graph.op("Relu", [linear(graph, normed, block.up, precision)]);
    x = graph.op("Add", [x, linear(graph, raised, block.down, precision)]);
  }
  return layerNorm(graph, x, norm);
}

/** Queries are the latents; keys and values are the patches, and the latents after them. */
function crossAttention(
  graph: GraphBuilder,
  { latents, features, heads }: { readonly latents: Value; readonly features: Value; readonly heads: number },
  weights: PerceiverBlockWeights,
  precision: Precision,
): Value {
  const asking = layerNorm(graph, latents, weights.latentsNorm);
  const seen = graph.op("Concat", [layerNorm(graph, features, weights.contextNorm), asking], {
    attributes: { axis: 1 },
  });
  const query = headNorm(graph, linear(graph, asking, weights.query, precision), weights.queryNorm, heads);
  const key = headNorm(graph, linear(graph, seen, weights.key, precision), weights.keyNorm, heads);
  const value = linear(graph, seen, weights.value, precision);
  return linear(graph, attention(graph, [query, key, value], heads), weights.output, precision);
}

function headNorm(graph: GraphBuilder, x: Value, norm: NormWeights | undefined, heads: number): Value {
  if (norm === undefined) return x;
  const [width = 0] = norm.gain.dims;
  const perHead = graph.op("Reshape", [x, graph.integers([0, 0, heads, width])]);
  return graph.op("Reshape", [layerNorm(graph, perHead, norm), graph.integers([0, 0, heads * width])]);
}
