import { bytesOf, NONE } from "./graph-builder.ts";
import type { GraphBuilder, Value } from "./graph-builder.ts";
import { quantizeInt8 } from "./quantize.ts";

/** A tensor of a checkpoint, read when the graph is written. */
export interface FloatTensor {
  /** Unique within a network; becomes the name of the constant. */
  readonly name: string;
  /** Row-major, outermost first. */
  readonly dims: readonly number[];
  floats(): Promise<Float32Array>;
}

/** y = x Wᵀ + b, with W as [outputs, inputs] like checkpoints store it. */
export interface LinearWeights {
  readonly weight: FloatTensor;
  readonly bias?: FloatTensor;
}

export interface NormWeights {
  readonly gain: FloatTensor;
  readonly bias: FloatTensor;
}

/**
 * Arithmetic of a matrix:
 * - `float32`;
 * - `int8-blocks`, fastest for one or a few rows: weights in blocks of 32 with a scale each (as GGUF's Q8_0),
 *   activations brought to 8 bits in the same blocks;
 * - `int8-columns`, fastest for many rows: one scale per output, one scale for all activations, found as they come.
 */
export type Precision = "float32" | "int8-blocks" | "int8-columns";

const NORM_EPSILON = 1e-5;
const INT8_BLOCK = 32;

/** The tensor as a float32 constant. */
export function constant(graph: GraphBuilder, tensor: FloatTensor): Value {
  const { name, dims } = tensor;
  return graph.weight(name, { type: "float32", dims, load: async () => bytesOf(await tensor.floats()) });
}

/** A linear layer on the last axis of `x`. */
export function linear(
  graph: GraphBuilder,
  x: Value,
  { weight, bias }: LinearWeights,
  precision: Precision,
): Value {
  const biasValue = bias === undefined ? NONE : constant(graph, bias);
  if (precision === "int8-blocks") return blockProduct(graph, x, weight, biasValue);
  if (precision === "int8-columns") return columnProduct(graph, x, weight, biasValue);
  const [outputs = 0, inputs = 0] = weight.dims;
  const transposed = graph.weight(`${weight.name}.transposed`, {
    type: "float32",
    dims: [inputs, outputs],
    load: async () => bytesOf(transpose(await weight.floats(), outputs, inputs)),
  });
  const product = graph.op("MatMul", [x, transposed]);
  return bias === undefined ? product : graph.op("Add", [product, biasValue]);
}

/** Normalisation over the last axis to zero mean and unit variance, then gain and bias (arXiv 1607.06450). */
export function layerNorm(
  graph: GraphBuilder,
  x: Value,
  { gain, bias }: NormWeights,
  epsilon = NORM_EPSILON,
): Value {
  return graph.op("LayerNormalization", [x, constant(graph, gain), constant(graph, bias)], {
    attributes: { axis: -1, epsilon },
  });
}

/** Normalisation over the last axis to a root mean square of one, then gain (arXiv 1910.07467). */
export function rmsNorm(graph: GraphBuilder, x: Value, gain: FloatTensor, epsilon: number): Value {
  return graph.op("SimplifiedLayerNormalization", [x, constant(graph, gain)], {
    attributes: { axis: -1, epsilon },
  });
}

/** Tokens [1, tokens, width] once for each picture of a batch [n, …]. */
export function forEachOf(
  graph: GraphBuilder,
  batch: Value,
  tokens: Value,
  dims: readonly [tokens: number, width: number],
): Value {
  const count = graph.op("Shape", [batch], { attributes: { start: 0, end: 1 } });
  const shape = graph.op("Concat", [count, graph.integers(dims)], { attributes: { axis: 0 } });
  return graph.op("Expand", [tokens, shape]);
}

/** softmax(q kᵀ / √headWidth) v for queries, keys and values [n, tokens, width], head by head (arXiv 1706.03762). */
export function attention(
  graph: GraphBuilder,
  queryKeyValue: readonly [query: Value, key: Value, value: Value],
  heads: number,
): Value {
  return graph.op("MultiHeadAttention", queryKeyValue, {
    domain: "com.microsoft",
    attributes: { num_heads: heads },
  });
}

/** Gaussian error linear unit in its exact form (arXiv 1606.08415). */
export function gelu(graph: GraphBuilder, x: Value): Value {
  return graph.op("Gelu", [x], { domain: "com.microsoft" });
}

function blockProduct(graph: GraphBuilder, x: Value, weight: FloatTensor, bias: Value): Value {
  const [outputs = 0, inputs = 0] = weight.dims;
  const blocks = inputs / INT8_BLOCK;
  // Computed again for the scales: cheaper to say than to remember, and done once per checkpoint.
  const quantize = async (): Promise<ReturnType<typeof quantizeInt8>> =>
    quantizeInt8(await weight.floats(), INT8_BLOCK);
  const weights = graph.weight(`${weight.name}.int8`, {
    type: "uint8",
    dims: [outputs, blocks, INT8_BLOCK],
    load: async () => (await quantize()).quants,
  });
  const scales = graph.weight(`${weight.name}.scales`, {
    type: "float32",
    dims: [outputs * blocks],
    load: async () => bytesOf((await quantize()).scales),
  });
  return graph.op("MatMulNBits", [x, weights, scales, NONE, NONE, bias], {
    domain: "com.microsoft",
    attributes: { K: inputs, N: outputs, bits: 8, block_size: INT8_BLOCK, accuracy_level: 4 },
  });
}

function columnProduct(graph: GraphBuilder, x: Value, weight: FloatTensor, bias: Value): Value {
  const [outputs = 0, inputs = 0] = weight.dims;
  const quantize = async (): Promise<ReturnType<typeof quantizeRows>> =>
    quantizeRows(await weight.floats(), outputs, inputs);
  const weights = graph.weight(`${weight.name}.int8-columns`, {
    type: "int8",
    dims: [inputs, outputs],
    load: async () => bytesOf(transpose((await quantize()).quants, outputs, inputs)),
  });
  const scales = graph.weight(`${weight.name}.column-scales`, {
    type: "float32",
    dims: [outputs],
    load: async () => bytesOf((await quantize()).scales),
  });
  return graph.op("DynamicQuantizeMatMul", [x, weights, scales, NONE, bias], { domain: "com.microsoft" });
}

/** Symmetric 8-bit rows: w ≈ scale · q, the largest value of a row at 127. */
export function quantizeRows(
  values: Float32Array,
  rows: number,
  columns: number,
): { quants: Int8Array; scales: Float32Array } {
  const quants = new Int8Array(values.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    let largest = 0;
    for (let index = start; index < start + columns; index++) {
      largest = Math.max(largest, Math.abs(values[index] ?? 0));
    }
    const scale = largest / 127;
    scales[row] = scale;
    for (let index = start; index < start + columns; index++) {
      quants[index] = scale === 0 ? 0 : Math.round((values[index] ?? 0) / scale);
    }
  }
  return { quants, scales };
}

function transpose<Values extends Float32Array | Int8Array>(
  values: Values,
  rows: number,
  columns: number,
): Values {
  const result = values.slice() as Values;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = values[row * columns + column] ?? 0;
  return result;
}
