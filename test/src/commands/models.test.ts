import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { Command } from "commander";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { compiledModel, GraphBuilder } from "../../../models/onnx/index.ts";
import { compiledFolder, loadPack } from "../../../models/packs/index.ts";
import { modelsCommand } from "../../../src/commands/models.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

let home: string;
let printed: string;
beforeEach(async () => {
  home = await temporaryFolder();
  printed = "";
  vi.stubEnv("ANTIPHON_HOME", home);
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

async function antiphon(...parameters: string[]): Promise<void> {
  const program = new Command("antiphon").addCommand(modelsCommand());
  await program.parseAsync(["models", ...parameters], { from: "user" });
}

function printedLines(): Record<string, unknown>[] {
  const lines = printed.trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
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
  const lines = printed.trimEnd().split("\n");
  expect(lines).toHaveLength(loadPack("embedded").files.length);
  expect(lines[0]).toMatch(/^missing +1117\.3 MB +language-model +qwen2\.5\S+ +Apache-2\.0$/);
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
  await expect(antiphon("path", "--pack", "lite")).rejects.toMatchObject({ code: "model-missing" });
  expect(printed).toBe("");
});

test("an unknown pack is refused with a typed error that lists those that exist", async () => {
  await expect(antiphon("fetch", "--pack", "huge")).rejects.toMatchObject({ code: "pack-unknown" });
  await expect(antiphon("fetch", "--pack", "huge")).rejects.toThrow("choose one of: embedded, lite");
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
  await antiphon("taught");
  expect(printed).toBe("nothing is taught\n");
  await expect(antiphon("forget", "Rex")).rejects.toMatchObject({ code: "config-invalid" });
  await expect(antiphon("forget")).rejects.toThrow(/--all/);
  await expect(antiphon("fit-projector", join(home, "gone"))).rejects.toMatchObject({
    code: "picture-unreadable",
  });
});
