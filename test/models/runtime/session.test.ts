import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { GraphBuilder, serializeModel } from "../../../models/onnx/index.ts";
import { NetworkSession } from "../../../models/runtime/session.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

async function identity(): Promise<Uint8Array> {
  const graph = new GraphBuilder("identity");
  graph.output(graph.op("Identity", [graph.input("x", "float32", [1])]), "y", "float32", [1]);
  return await serializeModel(graph);
}

test.each([[["gpu"]], [["cpu", "gpu"]]])(
  "an execution provider that is not there is refused by name instead of skipped: %j",
  async (executionProviders) => {
    const opened = NetworkSession.open(await identity(), { threads: 1, executionProviders });
    await expect(opened).rejects.toMatchObject({
      code: "config-invalid",
      message: expect.stringMatching(/^runtime\.executionProviders: .* has no gpu, but cpu/) as string,
    });
  },
);

test("a file that onnxruntime does not take is named, with what was to run it", async () => {
  const path = join(await temporaryFolder(), "broken.onnx");
  await writeFile(path, "no model");
  await expect(NetworkSession.open(path, { threads: 1 })).rejects.toMatchObject({
    code: "graph-invalid",
    message: expect.stringMatching(/could not load broken\.onnx with .* cpu/) as string,
  });
});
