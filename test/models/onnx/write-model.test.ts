import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { GraphBuilder, readGraph, writeModel } from "../../../models/onnx/index.ts";
import { floatData, floats, NetworkSession } from "../../../models/runtime/session.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "write-model-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const SIZES = [16_384, 3, 300, 40_000, 257];

/** The sum of x and constants of many sizes; the i-th constant's last element is i + 1, all others 0. */
function sums(): GraphBuilder {
  const graph = new GraphBuilder("sums");
  let sum = graph.input("x", "float32", [1]);
  for (const [index, size] of SIZES.entries()) {
    const data = new Float32Array(size);
    data[size - 1] = index + 1;
    const constant = graph.floats(`constant.${index}`, data, [size]);
    const total = graph.op("ReduceSum", [constant, graph.integers([0])], { attributes: { keepdims: 1 } });
    sum = graph.op("Add", [sum, total]);
  }
  graph.output(sum, "y", "float32", [1]);
  return graph;
}

it("loads and computes with constants inside and beside the graph", async () => {
  const path = join(directory, "sums.onnx");
  await writeModel(sums(), path);
  const session = await NetworkSession.open(path, { threads: 1 });
  const { y } = await session.run({ x: floats(Float32Array.of(100), [1]) });
  expect(floatData(y)[0]).toBe(100 + 1 + 2 + 3 + 4 + 5);
  await session.close();
});

it("puts large constants beside the graph at page boundaries, so that they can be mapped", async () => {
  const path = join(directory, "sums.onnx");
  await writeModel(sums(), path);
  const { graph } = readGraph(await readFile(path));
  const places = graph.initializer.map((tensor) => {
    const entries = new Map((tensor.external_data ?? []).map(({ key, value }) => [key, value]));
    return {
      name: tensor.name,
      offset: Number(entries.get("offset") ?? NaN),
      length: Number(entries.get("length") ?? NaN),
    };
  });
  const outside = places.filter(({ offset }) => !Number.isNaN(offset));
  expect(outside.map(({ name }) => name)).toEqual(["constant.0", "constant.2", "constant.3", "constant.4"]);
  for (const { offset, length } of outside) if (length >= 65_536) expect(offset % 65_536).toBe(0);
  const ordered = outside.sort((left, right) => left.offset - right.offset);
  for (const [index, { offset }] of ordered.entries()) {
    const before = ordered[index - 1];
    if (before !== undefined) expect(offset).toBeGreaterThanOrEqual(before.offset + before.length);
  }
  const { size } = await stat(`${path}.data`);
  expect(Math.max(...outside.map(({ offset, length }) => offset + length))).toBe(size);
});

it("leaves nothing half-written under the final names when a constant fails to load", async () => {
  const graph = sums();
  const load = (): Promise<Uint8Array> => Promise.reject(new Error("the disk is gone"));
  graph.weight("late", { type: "float32", dims: [1000], load });
  await expect(writeModel(graph, join(directory, "sums.onnx"))).rejects.toThrow("the disk is gone");
  const names = await readdir(directory);
  expect(names.filter((name) => !name.includes(".partial-"))).toEqual([]);
});
