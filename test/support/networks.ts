import { fileURLToPath } from "node:url";

import { expect, onTestFinished } from "vitest";

import { openCheckpoint } from "../../models/checkpoint/index.ts";
import type { Checkpoint } from "../../models/checkpoint/index.ts";
import { serializeModel } from "../../models/onnx/index.ts";
import type { GraphBuilder } from "../../models/onnx/index.ts";
import { floatData, floats, NetworkSession } from "../../models/runtime/session.ts";

/** Path below test/fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

/** Runs a network once on float32 inputs and gives its outputs, all float32. */
export async function runGraph(
  graph: GraphBuilder,
  inputs: Readonly<Record<string, { readonly data: Float32Array; readonly dims: readonly number[] }>>,
): Promise<Partial<Record<string, Float32Array>>> {
  const session = await NetworkSession.open(await serializeModel(graph), { threads: 1 });
  const feeds = Object.entries(inputs).map(([name, { data, dims }]) => [name, floats(data, dims)] as const);
  const outputs = await session.run(Object.fromEntries(feeds));
  await session.close();
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, floatData(tensor)]));
}

/** Of two arrays of one length; NaN counts as infinitely far. */
export function largestDifference(one: Float32Array, other: Float32Array): number {
  expect(one.length).toBe(other.length);
  return one.reduce((largest, value, index) => {
    const difference = Math.abs(value - other[index]!);
    return Number.isNaN(difference) ? Infinity : Math.max(largest, difference);
  }, 0);
}

/** A checkpoint below test/fixtures, open until the test is over. */
export async function openFixture(name: string): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(fixture(name));
  onTestFinished(async () => {
    await checkpoint.close();
  });
  return checkpoint;
}
