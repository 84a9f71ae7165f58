import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { beforeAll, expect, test } from "vitest";

import { GraphBuilder, writeModel } from "../../models/onnx/index.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Workers run compiled code; `npm test` compiles it before. */
const hostUrl = new URL("../../dist/models/runtime/worker-host.js", import.meta.url).href;

let folder: string;
let slow: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  slow = join(folder, "slow.onnx");
  await writeModel(slowToLoad(), slow);
});

/** Products of constants, which onnxruntime works out while it loads: that takes it longer than a worker has to close. */
function slowToLoad(): GraphBuilder {
  const graph = new GraphBuilder("slow");
  const x = graph.input("x", "float32", [1]);
  let product = graph.op("ConstantOfShape", [graph.integers([1024, 1024])]);
  for (let count = 0; count < 60; count++) product = graph.op("MatMul", [product, product]);
  const largest = graph.op("ReduceMax", [product], { attributes: { keepdims: 0 } });
  graph.output(graph.op("Add", [x, largest]), "y", "float32", [1]);
  return graph;
}

/** Runs `stop` in a process whose worker is loading; rejects where the process is aborted. */
async function whileLoading(stop: string): Promise<string> {
  const program = `
    const { WorkerHost } = await import(${JSON.stringify(hostUrl)});
    const engines = { "voice-activity": { modelPath: ${JSON.stringify(slow)}, threads: 1 } };
    const giveUp = new AbortController();
    const opened = WorkerHost.open({ name: "detecting", engines, signal: giveUp.signal });
    await new Promise((resolve) => setTimeout(resolve, 700));
    ${stop}`;
  const path = join(folder, "program.mjs");
  await writeFile(path, program);
  const { stdout } = await promisify(execFile)(process.execPath, [path]);
  return stdout.trim();
}

test("a worker that is closed inside onnxruntime does not take the process with it", async () => {
  const stop = `giveUp.abort(new Error("enough"));
    await opened.catch((error) => console.log(error.message));`;
  expect(await whileLoading(stop)).toBe("enough");
});

test("a process that ends while a worker is inside onnxruntime ends with its own status", async () => {
  const stop = `opened.catch(() => undefined);
    console.log("bye");
    process.exit(0);`;
  expect(await whileLoading(stop)).toBe("bye");
});
