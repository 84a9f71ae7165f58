import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { openTextModel } from "../../../models/llm/text-model.ts";
import { fixture } from "../../support/networks.ts";
import { writePlainCheckpoint } from "../../support/plain-checkpoint.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { TinyEngine } from "./tiny-engine.ts";

async function openEngine(changes: Parameters<typeof TinyEngine.open>[0]): Promise<TinyEngine> {
  const tiny = await TinyEngine.open(changes);
  onTestFinished(() => tiny[Symbol.asyncDispose]());
  return tiny;
}

describe("a language model in safetensors", () => {
  it("says what the same weights say out of a GGUF file, through the same prompt", async () => {
    const files = await writePlainCheckpoint(await temporaryFolder());
    const [gguf, plain] = [
      await openEngine({ precision: "fp32" }),
      await openEngine({ precision: "fp32", ...files }),
    ];
    const expected = await gguf.generate();
    expect(expected.text.length).toBeGreaterThan(10);
    const said = await plain.generate();
    expect(said.text).toBe(expected.text);
    expect(said.ready!.promptTokens).toBe(expected.ready!.promptTokens);
  });

  it("answers as a pack's would, in 8 bits", async () => {
    const plain = await openEngine({
      precision: "int8",
      ...(await writePlainCheckpoint(await temporaryFolder())),
    });
    const { text, end } = await plain.generate();
    expect(text).not.toBe("");
    expect(end).toBeDefined();
  });

  it("takes the template for talking where there are several, and ends where the checkpoint says", async () => {
    const files = await writePlainCheckpoint(await temporaryFolder());
    const json = JSON.parse(await readFile(files.tokenizerConfigPath, "utf8")) as Record<string, unknown>;
    const chat_template = [
      { name: "tool_use", template: "tools" },
      { name: "default", template: json["chat_template"] },
    ];
    await writeFile(files.tokenizerConfigPath, JSON.stringify({ ...json, chat_template }));
    const [plain, gguf] = [
      await openTextModel(files),
      await openTextModel({ modelPath: fixture("llm/tiny.gguf") }),
    ];
    await Promise.all([plain.checkpoint.close(), gguf.checkpoint.close()]);
    expect(plain.template).toBe(gguf.template);
    expect(plain.config).toEqual(gguf.config);
    expect([...plain.tokenizer.endIds]).toEqual([...gguf.tokenizer.endIds]);
    expect(plain.tokenizer.encode("Where is it?")).toEqual(gguf.tokenizer.encode("Where is it?"));
  });

  it("is refused with a word about what is missing or not known", async () => {
    const folder = await temporaryFolder();
    const { tokenizerConfigPath, ...others } = await writePlainCheckpoint(folder);
    await expect(openTextModel(others)).rejects.toThrow("needs its tokenizer_config.json");
    await expect(openTextModel({ modelPath: others.modelPath })).rejects.toThrow(
      "needs its config.json and tokenizer.json",
    );
    await writeFile(tokenizerConfigPath, "{}");
    const refused = openTextModel({ ...others, tokenizerConfigPath });
    await expect(refused).rejects.toMatchObject({ code: "checkpoint-unsupported" });
    await expect(refused).rejects.toThrow("has no chat template");
    await writeFile(join(folder, "config.json"), "{");
    await expect(openTextModel({ ...others, tokenizerConfigPath })).rejects.toMatchObject({
      code: "checkpoint-invalid",
    });
  });
});
