import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { compiledModel, GraphBuilder } from "../../../models/onnx/index.ts";
import { compiledFolder, loadPack } from "../../../models/packs/index.ts";
import { EXIT } from "../../../src/cli.ts";
import { runFakeCli } from "../../support/fake-cli.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

let home: string;
let printed: string[];
let noted: string[];
let stop: AbortController;
beforeEach(async () => {
  home = await temporaryFolder();
  printed = [];
  stop = new AbortController();
  vi.stubEnv("ANTIPHON_HOME", home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  process.exitCode = undefined;
});

async function antiphon(...parameters: string[]): Promise<number> {
  noted = [];
  return await runFakeCli(["models", ...parameters], { printed, noted, signal: stop.signal });
}

function printedLines(): Record<string, unknown>[] {
  return printed.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("list prints one JSON object per file, with licence, hash and state", async () => {
  await antiphon("list", "--pack", "lite", "--json");
  const { files } = loadPack("lite");
  expect(printedLines()).toHaveLength(files.length);
  const [line] = printedLines();
  const { name, license, size, sha256 } = files[0] ?? expect.unreachable();
  expect(line).toMatchObject({
    pack: "lite",
    role: "language-model",
    name,
    license,
    size,
    sha256,
    state: "missing",
  });
});

test("list for people shows every file of the default pack on a line", async () => {
  await antiphon("list");
  expect(printed).toHaveLength(loadPack("embedded").files.length);
  expect(printed[0]).toMatch(/^missing +1117\.3 MB +language-model +qwen2\.5\S+ +Apache-2\.0$/);
});

test("verify makes the exit status 1 when a file is wrong, and names both hashes", async () => {
  const [file] = loadPack("lite").files;
  if (file === undefined) expect.unreachable();
  await mkdir(join(home, "files"));
  await writeFile(join(home, "files", `${file.sha256.slice(0, 16)}-${file.name}`), "x");
  await antiphon("verify", "--pack", "lite", "--json");
  expect(process.exitCode).toBe(1);
  expect(printedLines()[0]).toMatchObject({
    state: "corrupt",
    sha256: file.sha256,
    foundSha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
});

test("path of a pack that is not there fails with the command that fetches it, and prints nothing", async () => {
  expect(await antiphon("path", "--pack", "lite")).toBe(EXIT.failure);
  expect(noted).toEqual([expect.stringMatching(/^error \(model-missing\): .*models fetch --pack lite$/u)]);
  expect(printed).toEqual([]);
});

test("an unknown pack is refused with a typed error that lists those that exist", async () => {
  expect(await antiphon("fetch", "--pack", "huge")).toBe(EXIT.failure);
  expect(noted).toEqual([expect.stringMatching(/^error \(pack-unknown\): .*choose one of: embedded, lite/u)]);
});

test("verify also hashes what was compiled, removes what is damaged and says so by its exit status", async () => {
  const directory = compiledFolder();
  await compiledModel({ directory, key: "good" }, addOne);
  const bad = await compiledModel({ directory, key: "bad" }, addOne);
  await truncate(bad, 10);
  await antiphon("verify", "--pack", "lite", "--json");
  expect(printedLines().filter((line) => "compiled" in line)).toEqual([
    { compiled: "bad", state: "corrupt" },
    { compiled: "good", state: "verified" },
  ]);
  expect(process.exitCode).toBe(1);
});

function addOne(): GraphBuilder {
  const graph = new GraphBuilder("add-one");
  const x = graph.input("x", "float32", [4]);
  graph.output(
    graph.op("Add", [x, graph.floats("ones", new Float32Array(4).fill(1), [4])]),
    "y",
    "float32",
    [4],
  );
  return graph;
}

test("what was taught is listed, nothing at first, and what never was cannot be forgotten", async () => {
  expect(await antiphon("taught")).toBe(EXIT.done);
  expect(printed).toEqual(["nothing is taught"]);
  expect(await antiphon("forget", "Rex")).toBe(EXIT.failure);
  expect(noted).toEqual([expect.stringMatching(/^error \(config-invalid\): .*Rex/u)]);
  expect(await antiphon("forget")).toBe(EXIT.failure);
  expect(noted).toEqual([expect.stringMatching(/^error \(config-invalid\): .*--all/u)]);
  expect(await antiphon("fit-projector", join(home, "gone"))).toBe(EXIT.failure);
  expect(noted).toEqual([expect.stringMatching(/^error \(picture-unreadable\): /u)]);
});

test.each(["fetch", "verify"])("%s ends with status 130 when it is told to stop", async (name) => {
  vi.stubEnv("HF_ENDPOINT", "http://127.0.0.1:1");
  await mkdir(join(home, "files"));
  for (const { name: file, sha256, size } of loadPack("lite").files) {
    const path = join(home, "files", `${sha256.slice(0, 16)}-${file}`);
    await writeFile(path, "");
    await truncate(path, size); // sparse, and never hashed
  }
  stop.abort();
  expect(await antiphon(name, "--pack", "lite")).toBe(EXIT.interrupted);
  expect(printed).toEqual([]);
});
