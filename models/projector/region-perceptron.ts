import type { GraphBuilder } from "../onnx/index.ts";
import { mlpProjector } from "./grid.ts";
import type { MlpWeights } from "./grid.ts";
import { REGIONS } from "./visual-words.ts";

/**
 * Adds a trained projector (LLaVA-1.5's two layers, arXiv 2310.03744) to the encoder's graph: output `region_additions`
 * float32 [1, regions, vectors · hidden size of the language model], what it adds to the visual words of the whole frame,
 * from `class_feature`, and of the left, middle and right third, each from the mean of its `patch_features`.
 *
 * @param grid - cells of the encoder's square map, in threes of columns, and the width of its features
 */
export function addRegionPerceptron(
  graph: GraphBuilder,
  weights: MlpWeights,
  { cells, width }: { readonly cells: number; readonly width: number },
): void {
  const averages = graph.floats("thirds", thirdsOfGrid(cells), [1, 3, cells]);
  const thirds = graph.op("MatMul", [averages, "patch_features"]);
  const whole = graph.op("Reshape", ["class_feature", graph.integers([1, 1, width])]);
  const regions = graph.op("Concat", [whole, thirds], { attributes: { axis: 1 } });
  const additions = mlpProjector(graph, regions, weights, "float32");
  const [size = 0] = weights.down.weight.dims;
  graph.output(additions, "region_additions", "float32", [1, REGIONS.length, size]);
}

/** [3, cells]: 3 / cells where a cell, row by row, is in the third. */
function thirdsOfGrid(cells: number): Float32Array {
  const side = Math.sqrt(cells);
  const matrix = new Float32Array(3 * cells);
  for (let cell = 0; cell < cells; cell++)
    matrix[Math.floor(((cell % side) * 3) / side) * cells + cell] = 3 / cells;
  return matrix;
}
