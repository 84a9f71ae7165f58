import { bytesOf, GraphBuilder } from "../onnx/index.ts";
import type { Value } from "../onnx/index.ts";
import { constant, forEachOf, layerNorm } from "../onnx/layers.ts";
import type { LinearWeights, Precision } from "../onnx/layers.ts";
import { reshaped } from "../onnx/named-tensors.ts";
import { vitBlock } from "./blocks.ts";
import { interpolatePositions } from "./positions.ts";
import type { VitWeights } from "./weights.ts";

export interface VitOptions {
  /** Patches of a picture; positions learnt for another grid are interpolated. */
  readonly grid: { readonly rows: number; readonly columns: number };
  /** Blocks to run, all by default. LLaVA-1.5 takes what comes out of the last but one, without a norm. */
  readonly blocks?: number;
  readonly precision: Precision;
}

/**
 * A vision transformer (arXiv 2010.11929) as SigLIP (2303.15343), CLIP (2103.00020) and InternViT (2312.14238) have it,
 * as an ONNX graph:
 *
 * - in: `pixel_values` float32 [n, 3, rows · patchSize, columns · patchSize], normalised as the checkpoint wants it;
 * - out: `hidden` float32 [n, tokens, width], the class token first where there is one, patches row by row; and for
 *   checkpoints with a class token and a norm after the last block `pooled` float32 [n, width], that token normalised.
 */
export function vitGraph(weights: VitWeights, options: VitOptions): GraphBuilder {
  const graph = new GraphBuilder("vit");
  const { width, patchSize } = weights.sizes;
  const { rows, columns } = options.grid;
  const sides = [rows * patchSize, columns * patchSize];
  const pixels = graph.input("pixel_values", "float32", ["n", 3, ...sides]);
  const hidden = vitTokens(graph, pixels, weights, options);
  graph.output(hidden, "hidden", "float32", ["n", "tokens", width]);
  const pooled = classFeature(graph, hidden, weights);
  if (pooled !== undefined) graph.output(pooled, "pooled", "float32", ["n", width]);
  return graph;
}

/** The tokens of pictures inside a larger graph; see `vitGraph` for shapes. */
export function vitTokens(
  graph: GraphBuilder,
  pixels: Value,
  weights: VitWeights,
  { grid, precision, blocks = weights.blocks.length }: VitOptions,
): Value {
  const { sizes, classToken, preNorm, postNorm } = weights;
  let x = patchTokens(graph, pixels, weights.patch, sizes.patchSize);
  if (classToken !== undefined) {
    const first = constant(graph, reshaped(classToken, [1, 1, sizes.width]));
    const firsts = forEachOf(graph, pixels, first, [1, sizes.width]);
    x = graph.op("Concat", [firsts, x], { attributes: { axis: 1 } });
  }
  x = graph.op("Add", [x, positionsFor(graph, weights, grid)]);
  if (preNorm !== undefined) x = layerNorm(graph, x, preNorm, sizes.normEpsilon);
  for (const block of weights.blocks.slice(0, blocks)) x = vitBlock(graph, x, block, { sizes, precision });
  const isWhole = blocks === weights.blocks.length;
  const normsAll = isWhole && classToken === undefined && postNorm !== undefined;
  return normsAll ? layerNorm(graph, x, postNorm, sizes.normEpsilon) : x;
}

/** A linear map of every patch, as a convolution: [n, 3, height, width] → [n, patches, channels], row by row. */
function patchTokens(
  graph: GraphBuilder,
  pixels: Value,
  { weight, bias }: LinearWeights,
  patchSize: number,
): Value {
  const inputs = [pixels, constant(graph, weight), ...(bias === undefined ? [] : [constant(graph, bias)])];
  const sides = [patchSize, patchSize];
  const map = graph.op("Conv", inputs, { attributes: { kernel_shape: sides, strides: sides } });
  const [channels = 0] = weight.dims;
  const flat = graph.op("Reshape", [map, graph.integers([0, channels, -1])]);
  return graph.op("Transpose", [flat], { attributes: { perm: [0, 2, 1] } });
}

/** The learnt positions for the grid, [tokens, width]: the class token's stays, the patches' are interpolated. */
function positionsFor(
  graph: GraphBuilder,
  { sizes, positions, classToken }: VitWeights,
  grid: VitOptions["grid"],
): Value {
  const { width, gridSize } = sizes;
  const before = classToken === undefined ? 0 : 1;
  return graph.weight(`${positions.name}.${grid.rows}x${grid.columns}`, {
    type: "float32",
    dims: [before + grid.rows * grid.columns, width],
    load: async () => {
      const learnt = await positions.floats();
      const patches = interpolatePositions(learnt.subarray(before * width), gridSize, grid);
      const all = new Float32Array(before * width + patches.length);
      all.set(learnt.subarray(0, before * width));
      all.set(patches, before * width);
      return bytesOf(all);
    },
  });
}

function classFeature(
  graph: GraphBuilder,
  tokens: Value,
  { classToken, postNorm, sizes }: VitWeights,
): Value | undefined {
  if (classToken === undefined || postNorm === undefined) return undefined;
  const first = graph.op("Gather", [tokens, graph.integers(0)], { attributes: { axis: 1 } });
  return layerNorm(graph, first, postNorm, sizes.normEpsilon);
}
