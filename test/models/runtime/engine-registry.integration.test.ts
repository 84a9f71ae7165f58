import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { openEngine, type EngineName } from "../../../models/runtime/engine-registry.ts";
import { loadError } from "../../../models/runtime/load-error.ts";
import { AntiphonError } from "../../../streaming/index.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** All engines that are made of files. */
const FILES: Readonly<
  Record<Exclude<EngineName, "pictures" | "recordings">, Readonly<Record<string, string>>>
> = {
  "voice-activity": { modelPath: "silero.onnx" },
  "end-of-turn": { modelPath: "turn.onnx" },
  "speech-recognition": {
    weightsPath: "model.bin",
    tokenizerPath: "tokenizer.json",
    configPath: "config.json",
  },
  "language-model": { modelPath: "model.gguf" },
  faces: { modelPath: "faces.onnx" },
  reading: { detectionPath: "find.onnx", recognitionPath: "read.onnx", alphabetPath: "alphabet.txt" },
  sight: { weightsPath: "hybrid-vit.safetensors", namesPath: "names.json" },
  "smolvlm-sight": {
    modelPath: "model.safetensors",
    configPath: "config.json",
    tokenizerPath: "tokenizer.json",
  },
  voice: { modelPath: "voice.onnx", configPath: "voice.json" },
};

/** The configuration of an engine whose files all hold these bytes. */
async function configOf(name: keyof typeof FILES, contents: string | undefined): Promise<unknown> {
  const folder = await temporaryFolder();
  const paths: Record<string, string> = {};
  for (const [key, file] of Object.entries(FILES[name])) {
    paths[key] = join(folder, file);
    if (contents !== undefined) await writeFile(paths[key], contents);
  }
  return { ...paths, cacheDirectory: folder, threads: 1, precision: "stored", contextTokens: 64 };
}

const names = Object.keys(FILES) as (keyof typeof FILES)[];
const damages = [
  ["empty", ""],
  ["garbage", "\u0008\u0001garbage \u0000 in every file"],
  ["the beginning of the right kind", "GGUF"],
  ["half of a JSON text", '{"model": {"vocab"'],
  ["missing", undefined],
] as const;

test.each(names.flatMap((name) => damages.map(([what, contents]) => [name, what, contents] as const)))(
  "an engine whose files are damaged fails with a typed error that names a file: %s, %s",
  async (name, _, contents) => {
    const error: unknown = await openEngine(name, await configOf(name, contents)).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(AntiphonError);
    const { code, message } = error as AntiphonError;
    expect(["graph-invalid", "checkpoint-invalid", "checkpoint-unsupported", "model-missing"]).toContain(
      code,
    );
    expect(Object.values(FILES[name]).some((file) => message.includes(file))).toBe(true);
    if (code !== "model-missing") expect(message).toContain("models verify");
  },
);

test.each([
  ["ENOSPC", "disk-full"],
  ["EROFS", "config-invalid"],
  ["ENOENT", "model-missing"],
  ["EIO", "checkpoint-invalid"],
])("a system error while an engine is loaded has one of our codes: %s", (code, expected) => {
  const error = Object.assign(new Error("system"), { code });
  expect(loadError(error, "voice", { modelPath: "/a/voice.onnx", threads: 1 })).toMatchObject({
    code: expected,
    message: expect.stringContaining("voice.onnx") as string,
    cause: error,
  });
});

test("an error that says all by itself is passed on as it is", () => {
  const error = new AntiphonError("config-invalid", "no such provider");
  expect(loadError(error, "voice", {})).toBe(error);
});
