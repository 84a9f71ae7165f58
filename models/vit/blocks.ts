import type { GraphBuilder, Value } from "../onnx/index.ts";
import { attention, constant, gelu, layerNorm, linear, rmsNorm } from "../onnx/layers.ts";
import type { FloatTensor, LinearWeights, Precision } from "../onnx/layers.ts";
import type { VitActivation, VitBlockWeights, VitNorm, VitSizes } from "./weights.ts";

type BlockSizes = Pick<VitSizes, "heads" | "normEpsilon" | "activation">;

/**
 * One block of a vision transformer (arXiv 2010.11929, section 3.1): x + attention(norm(x)), then x + perceptron(norm(x)),
 * over tokens [n, tokens, width] that all see each other.
 */
export function vitBlock(
  graph: GraphBuilder,
  x: Value,
  weights: VitBlockWeights,
  { sizes, precision }: { readonly sizes: BlockSizes; readonly precision: Precision },
): Value {
  const epsilon = sizes.normEpsilon;
  const product = (input: Value, matrix: LinearWeights): Value => linear(graph, input, matrix, precision);

  const seen = vitNorm(graph, x, weights.attentionNorm, epsilon);
  const query = headsNorm(graph, product(seen, weights.query), weights.queryNorm, epsilon);
  const key = headsNorm(graph, product(seen, weights.key), weights.keyNorm, epsilon);
  const attended = attention(graph, [query, key, product(seen, weights.value)], sizes.heads);
  const mixed = scaled(graph, product(attended, weights.output), weights.attentionScale);
  const middle = graph.op("Add", [x, mixed]);

  const normed = vitNorm(graph, middle, weights.perceptronNorm, epsilon);
  const raised = activate(graph, product(normed, weights.up), sizes.activation);
  const added = scaled(graph, product(raised, weights.down), weights.perceptronScale);
  return graph.op("Add", [middle, added]);
}

function vitNorm(graph: GraphBuilder, x: Value, { gain, bias }: VitNorm, epsilon: number): Value {
  return bias === undefined ? rmsNorm(graph, x, gain, epsilon) : layerNorm(graph, x, { gain, bias }, epsilon);
}

function headsNorm(graph: GraphBuilder, x: Value, gain: FloatTensor | undefined, epsilon: number): Value {
  return gain === undefined ? x : rmsNorm(graph, x, gain, epsilon);
}

function scaled(graph: GraphBuilder, x: Value, factors: FloatTensor | undefined): Value {
  return factors === undefined ? x : graph.op("Mul", [x, constant(graph, factors)]);
}

function activate(graph: GraphBuilder, x: Value, activation: VitActivation): Value {
  switch (activation) {
    case "gelu":
      return gelu(graph, x);
    case "gelu-tanh":
      return graph.op("FastGelu", [x], { domain: "com.microsoft" });
    case "quick-gelu":
      return graph.op("QuickGelu", [x], {
        domain: "com.microsoft",
        attributes: { alpha: { float: 1.702 } },
      });
  }
}
