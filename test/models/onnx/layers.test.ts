import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { GraphBuilder, serializeModel } from "../../../models/onnx/index.ts";
import {
  gelu,
  layerNorm,
  linear,
  quantizeRows,
  type FloatTensor,
  type Precision,
} from "../../../models/onnx/layers.ts";
import { floatData, floats, NetworkSession } from "../../../models/runtime/session.ts";

const INPUTS = 64;
const OUTPUTS = 24;
const ROWS = 3;

function tensor(name: string, dims: readonly number[], values: Float32Array): FloatTensor {
  return { name, dims, floats: () => Promise.resolve(values) };
}

/** Values in -1..1 that look random. */
function scattered(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_unused, index) => {
    const wave = Math.sin((index + 1) * 12.9898 + seed) * 43_758.5453;
    return 2 * (wave - Math.floor(wave)) - 1;
  });
}

async function apply(
  layer: (graph: GraphBuilder, x: string) => string,
  x: Float32Array,
  dims: readonly number[],
): Promise<Float32Array> {
  const graph = new GraphBuilder("layer");
  graph.output(layer(graph, graph.input("x", "float32", [...dims])), "y", "float32", ["a", "b", "c"]);
  const session = await NetworkSession.open(await serializeModel(graph), { threads: 1 });
  const { y } = await session.run({ x: floats(x, dims) });
  await session.close();
  return floatData(y);
}

describe("linear", () => {
  const weight = scattered(OUTPUTS * INPUTS, 1);
  const bias = scattered(OUTPUTS, 2);
  const x = scattered(ROWS * INPUTS, 3);
  const expected = Array.from({ length: ROWS * OUTPUTS }, (_unused, index) => {
    const [row, output] = [Math.floor(index / OUTPUTS), index % OUTPUTS];
    let sum = bias[output]!;
    for (let i = 0; i < INPUTS; i++) sum += x[row * INPUTS + i]! * weight[output * INPUTS + i]!;
    return sum;
  });

  it.each<[Precision, number]>([
    ["float32", 1e-5],
    ["int8-blocks", 0.08],
    ["int8-columns", 0.08],
  ])("multiplies by the matrix as checkpoints store it, in %s", async (precision, tolerance) => {
    const weights = {
      weight: tensor("weight", [OUTPUTS, INPUTS], weight),
      bias: tensor("bias", [OUTPUTS], bias),
    };
    const y = await apply((graph, input) => linear(graph, input, weights, precision), x, [1, ROWS, INPUTS]);
    expect(y).toHaveLength(expected.length);
    for (const [index, value] of expected.entries())
      expect(Math.abs(y[index]! - value)).toBeLessThan(tolerance);
  });
});

it("layerNorm gives zero mean and unit variance before gain and bias", async () => {
  const norm = {
    gain: tensor("gain", [8], new Float32Array(8).fill(2)),
    bias: tensor("bias", [8], new Float32Array(8).fill(7)),
  };
  const y = await apply((graph, x) => layerNorm(graph, x, norm), scattered(8, 4), [1, 1, 8]);
  const mean = y.reduce((sum, value) => sum + value, 0) / 8;
  const variance = y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 8;
  expect(mean).toBeCloseTo(7, 4);
  expect(variance).toBeCloseTo(4, 3);
});

it("gelu is the exact form, not the tanh approximation", async () => {
  const y = await apply(gelu, Float32Array.of(-1, 0, 1, 2), [1, 1, 4]);
  for (const [index, value] of [-0.158_655_3, 0, 0.841_344_7, 1.954_499_7].entries())
    expect(y[index]).toBeCloseTo(value, 5);
});

it("quantizeRows errs by half a step of its row at most", () => {
  const rows = fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(rows, rows, (first, second) => {
      const values = Float32Array.from([...first, ...second]);
      const { quants, scales } = quantizeRows(values, 2, 8);
      for (const [index, value] of values.entries()) {
        const scale = scales[Math.floor(index / 8)]!;
        expect(Math.abs(quants[index]! * scale - value)).toBeLessThanOrEqual(scale * 0.5001 + 2 ** -126);
      }
    }),
  );
});
