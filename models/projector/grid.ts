import type { GraphBuilder, Value } from "../onnx/index.ts";
import { gelu, layerNorm, linear } from "../onnx/layers.ts";
import type { LinearWeights, NormWeights, Precision } from "../onnx/layers.ts";

/**
 * Projectors that keep every patch where it is: features [n, patches, width] → embeddings of a language model. Which
 * model has which: LLaVA `linearProjector` (arXiv 2304.08485), LLaVA-1.5 `mlpProjector` (2310.03744), Idefics3 and SmolVLM
 * `pixelShuffle` and `linearProjector` (2408.12637), InternVL `pixelShuffle` and `mlpProjector` with a norm (2404.16821), VITA
 * the same without a norm on features times `VITA_FEATURE_FACTOR` (2408.05211).
 */
export function linearProjector(
  graph: GraphBuilder,
  x: Value,
  weights: LinearWeights,
  precision: Precision,
): Value {
  return linear(graph, x, weights, precision);
}

export interface MlpWeights {
  /** Before the first layer: InternVL only. */
  readonly norm?: NormWeights;
  readonly up: LinearWeights;
  readonly down: LinearWeights;
}

/** Two layers with a GELU between them. */
export function mlpProjector(
  graph: GraphBuilder,
  x: Value,
  { norm, up, down }: MlpWeights,
  precision: Precision,
): Value {
  const normed = norm === undefined ? x : layerNorm(graph, x, norm);
  return linear(graph, gelu(graph, linear(graph, normed, up, precision)), down, precision);
}

/** What VITA multiplies the encoder's features by before it shuffles them. */
export const VITA_FEATURE_FACTOR = 0.5;

/** Features times a constant. */
export function scaledFeatures(graph: GraphBuilder, x: Value, factor: number): Value {
  return graph.op("Mul", [x, graph.floats(`factor.${factor}`, Float32Array.of(factor), [1])]);
}

/**
 * Space to depth: squares of side × side neighbouring patches become one token, [n, rows · columns, width] → [n, rows ·
 * columns / side², side² · width]. Within a token its patches come row by row.
 */
export function pixelShuffle(
  graph: GraphBuilder,
  x: Value,
  grid: { readonly rows: number; readonly columns: number; readonly width: number },
  side: number,
): Value {
  const { rows, columns, width } = grid;
  const [down, across] = [rows / side, columns / side];
  const squares = graph.op("Reshape", [x, graph.integers([0, down, side, across, side * width])]);
  const gathered = graph.op("Transpose", [squares], { attributes: { perm: [0, 1, 3, 2, 4] } });
  return graph.op("Reshape", [gathered, graph.integers([0, down * across, side * side * width])]);
}
