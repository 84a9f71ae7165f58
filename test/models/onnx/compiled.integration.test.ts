import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { lock } from "proper-lockfile";
import { afterEach, beforeEach, expect, test } from "vitest";

import { compiledModel, verifyCompiledModels } from "../../../models/onnx/compiled.ts";
import { GraphBuilder } from "../../../models/onnx/graph-builder.ts";
import { floats, NetworkSession } from "../../../models/runtime/session.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "compiled-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** y = x + 1 with the ones stored as external data. */
function addOne(): GraphBuilder {
  const graph = new GraphBuilder("add-one");
  const x = graph.input("x", "float32", [512]);
  const ones = graph.floats("ones", new Float32Array(512).fill(1), [512]);
  graph.output(graph.op("Add", [x, ones]), "y", "float32", [512]);
  return graph;
}

test("a compiled network runs, and is built once per key", async () => {
  let builds = 0;
  const build = (): GraphBuilder => {
    builds++;
    return addOne();
  };
  const path = await compiledModel({ directory, key: "a-1" }, build);
  expect(await compiledModel({ directory, key: "a-1" }, build)).toBe(path);
  expect(builds).toBe(1);
  const session = await NetworkSession.open(path, { threads: 1 });
  const { y } = await session.run({ x: floats(new Float32Array(512).fill(2), [512]) });
  expect(y?.data[511]).toBe(3);
  await session.close();
});

test("builders racing for one key all get the winner's files and leave nothing else", async () => {
  const paths = await Promise.all(
    Array.from({ length: 5 }, () => compiledModel({ directory, key: "race" }, addOne)),
  );
  expect(new Set(paths).size).toBe(1);
  expect(await readdir(directory)).toEqual(["race"]);
  expect((await readdir(join(directory, "race"))).sort()).toEqual([
    "model.onnx",
    "model.onnx.data",
    "seal.json",
  ]);
});

test("a build that fails rejects with its error and leaves nothing", async () => {
  const failing = compiledModel({ directory, key: "bad" }, () => {
    throw new Error("no such tensor");
  });
  await expect(failing).rejects.toThrow("no such tensor");
  expect(await readdir(directory)).toEqual([]);
});

test("half-written folders of dead processes are swept, fresh ones are left alone", async () => {
  for (const name of ["old.partial-1", "young.partial-2"]) await mkdir(join(directory, name));
  await utimes(join(directory, "old.partial-1"), new Date(0), new Date(0));
  await compiledModel({ directory, key: "k" }, addOne);
  expect((await readdir(directory)).sort()).toEqual(["k", "young.partial-2"]);
});

/** Builds a network, and says what happened to it when it is asked for once more after `harm`. */
async function rebuilt(harm: (home: string) => Promise<void>): Promise<boolean> {
  let builds = 0;
  const build = (): GraphBuilder => {
    builds++;
    return addOne();
  };
  const path = await compiledModel({ directory, key: "k" }, build);
  const before = await readFile(`${path}.data`);
  await harm(join(directory, "k"));
  expect(await compiledModel({ directory, key: "k" }, build)).toBe(path);
  expect((await readFile(`${path}.data`)).equals(before)).toBe(true);
  expect(await readdir(directory)).toEqual(["k"]);
  return builds === 2;
}

async function flipBit(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length - 3]! ^= 1;
  await writeFile(path, bytes);
}

test.each([
  ["a flipped bit in the weights", (home: string) => flipBit(join(home, "model.onnx.data"))],
  ["a flipped bit in the graph", (home: string) => flipBit(join(home, "model.onnx"))],
  ["truncated weights", (home: string) => truncate(join(home, "model.onnx.data"), 100)],
  ["missing weights", (home: string) => rm(join(home, "model.onnx.data"))],
  ["a missing seal, as of an older version", (home: string) => rm(join(home, "seal.json"))],
  ["a seal about nothing", (home: string) => writeFile(join(home, "seal.json"), "{}")],
  ["a seal cut short", (home: string) => truncate(join(home, "seal.json"), 20)],
])("a compiled network with %s is built again", async (_, harm) => {
  expect(await rebuilt(harm)).toBe(true);
});

test("a compiled network that was only touched or copied is not built again, nor hashed twice", async () => {
  const time = new Date(2020, 1, 1);
  expect(await rebuilt((home) => utimes(join(home, "model.onnx.data"), time, time))).toBe(false);
  const seal = JSON.parse(await readFile(join(directory, "k", "seal.json"), "utf8")) as Record<
    string,
    { mtimeMs: number }
  >;
  expect(seal["model.onnx.data"]?.mtimeMs).toBe(time.getTime());
});

test("processes that find the same damage all end with a good network", async () => {
  const path = await compiledModel({ directory, key: "k" }, addOne);
  await flipBit(`${path}.data`);
  await Promise.all(Array.from({ length: 4 }, () => compiledModel({ directory, key: "k" }, addOne)));
  expect(await readdir(directory)).toEqual(["k"]);
  const session = await NetworkSession.open(path, { threads: 1 });
  const { y } = await session.run({ x: floats(new Float32Array(512).fill(2), [512]) });
  expect(y?.data[511]).toBe(3);
  await session.close();
});

test("verifying finds damage that size and time of change hide, removes it, and leaves the others", async () => {
  await compiledModel({ directory, key: "good" }, addOne);
  const bad = await compiledModel({ directory, key: "bad" }, addOne);
  const { atime, mtime } = await stat(bad);
  await flipBit(bad);
  await utimes(bad, atime, mtime);
  for (const name of ["young.partial-1", "good.lock"]) await mkdir(join(directory, name));
  const seen = [];
  for await (const checked of verifyCompiledModels(directory)) seen.push(checked);
  expect(seen).toEqual([
    { key: "bad", state: "corrupt" },
    { key: "good", state: "verified" },
  ]);
  expect((await readdir(directory)).sort()).toEqual(["good", "good.lock", "young.partial-1"]);
});

test("verifying removes nothing that another process has built anew meanwhile", async () => {
  const path = await compiledModel({ directory, key: "k" }, addOne);
  const home = join(directory, "k");
  const [good, time] = [await readFile(path), new Date(2020, 1, 1)];
  await flipBit(path);
  // Another process has the lock and mends the network.
  const release = await lock(home, { realpath: false });
  const verifying = verifyCompiledModels(directory).next();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await writeFile(path, good);
  await utimes(path, time, time);
  await release();
  expect((await verifying).value).toEqual({ key: "k", state: "verified" });
  expect((await readFile(path)).equals(good)).toBe(true);
});

test("there is nothing to verify where nothing was compiled", async () => {
  const absent = verifyCompiledModels(join(directory, "absent"));
  expect(await absent.next()).toEqual({ done: true, value: undefined });
});
