import { describe, expect, it } from "vitest";

import { NamedTensors } from "../../../models/onnx/named-tensors.ts";
import { hybridGraph, hybridWeights } from "../../../models/vit/hybrid.ts";
import { stemWeights } from "../../../models/vit/stem.ts";
import { largestDifference, openFixture, runGraph } from "../../support/networks.ts";

describe("the hybrid encoder", () => {
  it("computes what the published stem and PyTorch's transformer do, or the camera would see something else", async () => {
    const weights = hybridWeights(await openFixture("vision/hybrid/model.safetensors"));
    const reference = await openFixture("vision/hybrid/reference.safetensors");
    const pixel_values = { data: await reference.floats("pixels"), dims: [1, 3, 68, 68] };
    const outputs = await runGraph(hybridGraph(weights), { pixel_values });
    const names = [...reference.tensors.keys()].filter(
      (name) => !["pixels", "region_additions"].includes(name),
    );
    expect(Object.keys(outputs).sort()).toEqual(names.sort());
    for (const name of names) {
      const expected = await reference.floats(name);
      // Of the largest value: processors round in different orders, and the stem's map has forty layers behind it.
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      const tolerance = largest * (name === "region_features" ? 2e-4 : 1e-4);
      expect(largestDifference(outputs[name]!, expected), name).toBeLessThan(tolerance);
    }
  });

  it("knows what its scene logits say", async () => {
    const { config } = hybridWeights(await openFixture("vision/hybrid/model.safetensors"));
    expect(config).toMatchObject({ inputSize: 68, sceneLabels: ["dark", "blank", "blurred"] });
  });

  it("refuses other files with a word about what they lack", async () => {
    const other = await openFixture("vision/vit/clip/model.safetensors");
    expect(() => hybridWeights(other)).toThrow(/no hybrid ViT/);
    for (const blocks of ["", "[{}]", '[{"stride":3}]'])
      expect(() => stemWeights(new NamedTensors(other), blocks)).toThrow(/stride/);
  });
});
