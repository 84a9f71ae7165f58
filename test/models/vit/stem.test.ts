import { describe, expect, it } from "vitest";

import { GraphBuilder } from "../../../models/onnx/index.ts";
import type { FloatTensor, LinearWeights } from "../../../models/onnx/layers.ts";
import { stemFeatures } from "../../../models/vit/stem.ts";
import type { StemBlockWeights, StemWeights } from "../../../models/vit/stem.ts";
import { largestDifference, runGraph } from "../../support/networks.ts";

/** Numbers between -1 and 1, the same each time. */
function randomNumbers(seed: number): (count: number) => Float32Array {
  let state = seed;
  const next = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 30 - 1;
  };
  return (count) => Float32Array.from({ length: count }, next);
}

interface Kernel {
  readonly weights: LinearWeights;
  readonly values: Float32Array;
  readonly bias: Float32Array;
  /** Outputs, inputs of a group, height, width. */
  readonly dims: readonly [number, number, number, number];
}

/** A stem of the kinds of blocks that there are, with random weights. */
function tinyStem() {
  const numbers = randomNumbers(20);
  const tensor = (name: string, dims: readonly number[], values: Float32Array): FloatTensor => {
    return { name, dims, floats: () => Promise.resolve(values) };
  };
  const kernel = (name: string, outputs: number, inputs: number, side = 1): Kernel => {
    const dims = [outputs, inputs, side, side] as const;
    const fan = inputs * side * side;
    const values = numbers(outputs * fan).map((value) => value * 1.5 * Math.sqrt(3 / fan));
    const bias = numbers(outputs).map((value) => 0.3 * value);
    const weight = tensor(`${name}.weight`, dims, values);
    return { weights: { weight, bias: tensor(`${name}.bias`, [outputs], bias) }, values, bias, dims };
  };
  const block = (place: string, [from, wide, to]: readonly [number, number, number], side: number) => ({
    ...(wide !== from && { expand: kernel(`${place}.expand`, wide, from) }),
    depthwise: kernel(`${place}.depthwise`, wide, 1, side),
    project: kernel(`${place}.project`, to, wide),
  });
  return {
    conv: kernel("conv", 8, 3, 3),
    blocks: [
      { ...block("first", [8, 8, 6], 3), stride: 1 },
      { ...block("smaller", [6, 12, 10], 5), stride: 2 },
      { ...block("kept", [10, 20, 10], 3), stride: 1 },
      { ...block("smallest", [10, 30, 10], 3), stride: 2 },
    ],
    head: kernel("head", 16, 10),
  } as const;
}

type TinyStem = ReturnType<typeof tinyStem>;

function weightsOf({ conv, blocks, head }: TinyStem): StemWeights {
  return {
    conv: conv.weights,
    blocks: blocks.map(({ expand, depthwise, project, stride }): StemBlockWeights => ({
      ...(expand !== undefined && { expand: expand.weights }),
      depthwise: depthwise.weights,
      project: project.weights,
      stride,
    })),
    head: head.weights,
    classifier: head.weights, // not asked here
  };
}

interface Map {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly values: Float64Array;
}

const MAX = 6;
const relu6 = (map: Map): Map => ({
  ...map,
  values: map.values.map((value) => Math.min(MAX, Math.max(0, value))),
});

/** As the papers write it, a number at a time; the odd pixel of TensorFlow's "same" padding at the right and the bottom. */
function convolve(x: Map, { values, bias, dims }: Kernel, stride = 1, isDepthwise = false): Map {
  const [outputs, inputs, side] = dims;
  const height = Math.ceil(x.height / stride);
  const width = Math.ceil(x.width / stride);
  const before = (size: number, length: number): number =>
    Math.floor(Math.max(0, (size - 1) * stride + side - length) / 2);
  const [top, left] = [before(height, x.height), before(width, x.width)];
  const pixel = (channel: number, row: number, column: number): number => {
    const isInside = row >= 0 && row < x.height && column >= 0 && column < x.width;
    return isInside ? x.values[(channel * x.height + row) * x.width + column]! : 0;
  };
  const result = new Float64Array(outputs * height * width);
  for (let at = 0; at < result.length; at++) {
    const output = Math.floor(at / (height * width));
    const row = Math.floor(at / width) % height;
    const column = at % width;
    let sum = bias[output]!;
    for (let tap = 0; tap < inputs * side * side; tap++) {
      const input = isDepthwise ? output : Math.floor(tap / (side * side));
      const down = Math.floor(tap / side) % side;
      const value = pixel(input, row * stride - top + down, column * stride - left + (tap % side));
      sum += values[output * inputs * side * side + tap]! * value;
    }
    result[at] = sum;
  }
  return { channels: outputs, height, width, values: result };
}

function referenceMap({ conv, blocks, head }: TinyStem, pixels: Map): Map {
  let x = relu6(convolve(pixels, conv, 2));
  for (const { expand, depthwise, project, stride } of blocks) {
    const wide = expand === undefined ? x : relu6(convolve(x, expand));
    const narrow = convolve(relu6(convolve(wide, depthwise, stride, true)), project);
    const before = x;
    const keepsShape = stride === 1 && narrow.channels === x.channels;
    x = keepsShape
      ? { ...narrow, values: narrow.values.map((value, at) => value + before.values[at]!) }
      : narrow;
  }
  return relu6(convolve(x, head));
}

describe("the stem", () => {
  it.each([
    { height: 36, width: 36 },
    { height: 33, width: 39 },
  ])(
    "computes the feature map of the papers from $height x $width pixels, or what is where would be shifted",
    async ({ height, width }) => {
      const stem = tinyStem();
      const data = randomNumbers(21)(3 * height * width);
      const expected = referenceMap(stem, { channels: 3, height, width, values: Float64Array.from(data) });
      const graph = new GraphBuilder("stem");
      const pixels = graph.input("pixels", "float32", [1, 3, height, width]);
      const map = stemFeatures(graph, pixels, weightsOf(stem));
      const sides = [expected.height, expected.width];
      graph.output(map, "map", "float32", [1, expected.channels, ...sides]);
      const outputs = await runGraph(graph, { pixels: { data, dims: [1, 3, height, width] } });
      expect([sides, expected.channels]).toEqual([[5, 5], 16]);
      expect(largestDifference(outputs["map"]!, Float32Array.from(expected.values))).toBeLessThan(1e-4);
      // Some of it is cut off at both ends, not so much that anything would be right.
      const between = expected.values.filter((value) => value > 0 && value < MAX).length;
      expect(between).toBeGreaterThan(expected.values.length / 4);
      expect(expected.values).toContain(0);
      expect(expected.values).toContain(MAX);
    },
  );
});
