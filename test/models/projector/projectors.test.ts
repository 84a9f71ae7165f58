import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openCheckpoint } from "../../../models/checkpoint/index.ts";
import type { Checkpoint } from "../../../models/checkpoint/index.ts";
import { GraphBuilder } from "../../../models/onnx/index.ts";
import type { Value } from "../../../models/onnx/index.ts";
import { NamedTensors } from "../../../models/onnx/named-tensors.ts";
import {
  linearProjector,
  mlpProjector,
  pixelShuffle,
  scaledFeatures,
  VITA_FEATURE_FACTOR,
} from "../../../models/projector/grid.ts";
import { perceiverResampler, perceiverWeights } from "../../../models/projector/perceiver.ts";
import { qFormer, qFormerWeights } from "../../../models/projector/q-former.ts";
import { fixture, largestDifference, runGraph } from "../../support/networks.ts";

const WIDTH = 16;
const GRID = { rows: 4, columns: 4, width: WIDTH };

type Projector = (graph: GraphBuilder, features: Value, tensors: NamedTensors) => Value;

const mlp = (graph: GraphBuilder, x: Value, tensors: NamedTensors): Value =>
  mlpProjector(
    graph,
    x,
    {
      ...(tensors.has("layer_norm.weight") && { norm: tensors.norm("layer_norm") }),
      up: tensors.linear("linear_1"),
      down: tensors.linear("linear_2"),
    },
    "float32",
  );

const resampler: Projector = (graph, x, tensors) =>
  perceiverResampler(graph, x, perceiverWeights(tensors, 2), "float32");

const PROJECTORS: Readonly<Record<string, Projector>> = {
  linear: (graph, x, tensors) =>
    linearProjector(graph, x, { weight: tensors.tensor("weight"), bias: tensors.tensor("bias") }, "float32"),
  llava: mlp,
  idefics3: (graph, x, tensors) =>
    linearProjector(
      graph,
      pixelShuffle(graph, x, GRID, 2),
      tensors.linear("modality_projection.proj"),
      "float32",
    ),
  internvl: (graph, x, tensors) => mlp(graph, pixelShuffle(graph, x, GRID, 2), tensors),
  vita: (graph, x, tensors) =>
    mlp(graph, pixelShuffle(graph, scaledFeatures(graph, x, VITA_FEATURE_FACTOR), GRID, 2), tensors),
  flamingo: resampler,
  idefics: resampler,
  blip2: (graph, x, tensors) =>
    qFormer(graph, x, qFormerWeights(tensors, { heads: 2, normEpsilon: 1e-12 }), "float32"),
};

let weights: Checkpoint;
let reference: Checkpoint;
beforeAll(async () => {
  weights = await openCheckpoint(fixture("vision/projectors/model.safetensors"));
  reference = await openCheckpoint(fixture("vision/projectors/reference.safetensors"));
});
afterAll(async () => {
  await weights.close();
  await reference.close();
});

async function project(projector: Projector, prefix: string, data: Float32Array, pictures: number) {
  const graph = new GraphBuilder("projector");
  const features = graph.input("features", "float32", ["n", 16, WIDTH]);
  const output = projector(graph, features, new NamedTensors(weights, prefix));
  graph.output(output, "embeddings", "float32", ["n", "tokens", "language"]);
  const outputs = await runGraph(graph, { features: { data, dims: [pictures, 16, WIDTH] } });
  return outputs["embeddings"]!;
}

describe.each(Object.entries(PROJECTORS))("%s", (name, projector) => {
  it("computes the reference's embeddings, or the language model would read noise", async () => {
    const embeddings = await project(projector, `${name}.`, await reference.floats("features"), 2);
    expect(largestDifference(embeddings, await reference.floats(name))).toBeLessThan(1e-4);
  });

  it("gives a picture the same embeddings alone as among others", async () => {
    const features = await reference.floats("features");
    const alone = await project(projector, `${name}.`, features.slice(features.length / 2), 1);
    const expected = await reference.floats(name);
    expect(largestDifference(alone, expected.slice(expected.length / 2))).toBeLessThan(1e-4);
  });
});
