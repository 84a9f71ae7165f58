import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { Tokenizer } from "@huggingface/tokenizers";
import { describe, expect, it } from "vitest";

import { ggufTokenizer, openCheckpoint } from "../../models/checkpoint/index.ts";
import { haveModels, modelPath } from "../support/models.ts";

const folder = fileURLToPath(new URL("../fixtures/checkpoints/tokenizers/", import.meta.url));
const files = [
  { pack: "lite", file: "SmolLM2-135M-Instruct.Q4_1.gguf", reference: "smollm2" },
  { pack: "embedded", file: "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf", reference: "qwen2.5-coder" },
] as const;

async function readJson(name: string): Promise<unknown> {
  return JSON.parse(await readFile(`${folder}${name}.json`, "utf8"));
}

describe.each(files)("tokenizer of $file", ({ pack, file, reference }) => {
  it.skipIf(!haveModels(pack))("cuts and merges odd texts as the reference does", async () => {
    const checkpoint = await openCheckpoint(modelPath(file));
    const { tokenizerJson, configJson } = ggufTokenizer(checkpoint.metadata);
    await checkpoint.close();
    const tokenizer = new Tokenizer(tokenizerJson, configJson);
    const texts = (await readJson("texts")) as string[];
    const { ids, decoded } = (await readJson(reference)) as { ids: number[][]; decoded: string[] | null };
    expect(texts.map((text) => tokenizer.encode(text, { add_special_tokens: false }).ids)).toEqual(ids);
    expect(ids.map((row) => tokenizer.decode(row))).toEqual(decoded ?? texts);
  });
});
