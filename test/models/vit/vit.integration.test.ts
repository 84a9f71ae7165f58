import { readFile } from "node:fs/promises";

import { describe, expect, it } from "vitest";

import type { Precision } from "../../../models/onnx/layers.ts";
import { vitWeights } from "../../../models/vit/checkpoints.ts";
import { vitGraph } from "../../../models/vit/vit.ts";
import type { VitOptions } from "../../../models/vit/vit.ts";
import { fixture, largestDifference, openFixture, runGraph } from "../../support/networks.ts";

async function openTiny(name: string) {
  const json = JSON.parse(await readFile(fixture(`vision/vit/${name}/config.json`), "utf8")) as object;
  const checkpoint = await openFixture(`vision/vit/${name}/model.safetensors`);
  const weights = vitWeights(checkpoint, { ...json }, "");
  const reference = await openFixture(`vision/vit/${name}/reference.safetensors`);
  const run = async (picture: string, options: Pick<VitOptions, "grid" | "blocks">, precision: Precision) => {
    const dims = reference.tensors.get(`${picture}.pixels`)!.shape;
    const pixel_values = { data: await reference.floats(`${picture}.pixels`), dims };
    return await runGraph(vitGraph(weights, { ...options, precision }), { pixel_values });
  };
  return { reference, run };
}

const OWN = { grid: { rows: 4, columns: 4 } };
const WIDE = { grid: { rows: 5, columns: 6 } };

describe.each(["siglip", "clip", "intern-vit", "intern-vit-rms"])("%s", (name) => {
  it("computes the reference's tokens, or every picture would be seen wrong", async () => {
    const { reference, run } = await openTiny(name);
    const { hidden } = await run("own", OWN, "float32");
    expect(largestDifference(hidden!, await reference.floats("own.hidden"))).toBeLessThan(1e-4);
  });

  it("interpolates its positions as the reference does, or larger pictures would be scrambled", async () => {
    const { reference, run } = await openTiny(name);
    const { hidden } = await run("wide", WIDE, "float32");
    expect(largestDifference(hidden!, await reference.floats("wide.hidden"))).toBeLessThan(1e-4);
  });

  it("gives the features before the last block, which LLaVA's projector was trained on", async () => {
    const { reference, run } = await openTiny(name);
    const { hidden } = await run("own", { ...OWN, blocks: 1 }, "float32");
    expect(largestDifference(hidden!, await reference.floats("own.second_last"))).toBeLessThan(1e-4);
  });

  it("stays near the reference with 8-bit matrices", async () => {
    const { reference, run } = await openTiny(name);
    const { hidden } = await run("own", OWN, "int8-columns");
    expect(largestDifference(hidden!, await reference.floats("own.hidden"))).toBeLessThan(0.5);
  });
});

it("CLIP's class token is normalised for its own use, the patches are not", async () => {
  const { reference, run } = await openTiny("clip");
  const { pooled } = await run("own", OWN, "float32");
  expect(largestDifference(pooled!, await reference.floats("own.pooled"))).toBeLessThan(1e-4);
});

it("a vision transformer of another family is refused by its name", async () => {
  const checkpoint = await openFixture("vision/vit/clip/model.safetensors");
  expect(() => vitWeights(checkpoint, { model_type: "dinov2" }, "")).toThrow(/dinov2/);
  expect(() => vitWeights(checkpoint, { model_type: "siglip_vision_model" }, "head.")).toThrow(/head\.embed/);
});
