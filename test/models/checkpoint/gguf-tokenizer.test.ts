import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { Tokenizer } from "@huggingface/tokenizers";
import { describe, expect, it } from "vitest";

import { ggufTokenizer, openCheckpoint } from "../../../models/checkpoint/index.ts";
import type { MetadataValue } from "../../../models/checkpoint/index.ts";

const folder = fileURLToPath(new URL("../../fixtures/checkpoints/tokenizers/", import.meta.url));

async function readJson(name: string): Promise<unknown> {
  return JSON.parse(await readFile(`${folder}${name}`, "utf8"));
}

async function metadataOf(name: string): Promise<ReadonlyMap<string, MetadataValue>> {
  const checkpoint = await openCheckpoint(`${folder}${name}.gguf`);
  await checkpoint.close();
  return checkpoint.metadata;
}

async function changed(
  changes: Record<string, MetadataValue | undefined>,
): Promise<Map<string, MetadataValue>> {
  const metadata = new Map(await metadataOf("qwen2"));
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) metadata.delete(key);
    else metadata.set(key, value);
  }
  return metadata;
}

describe("tokenizers from GGUF metadata", () => {
  it.each(["gpt-2", "smollm", "qwen2", "llama-bpe", "default"])(
    "cut and merge odd texts as the reference does: %s",
    async (pre) => {
      const texts = (await readJson("texts.json")) as string[];
      const reference = (await readJson(`${pre}.json`)) as { ids: number[][]; decoded: string[] | null };
      const { tokenizerJson, configJson } = ggufTokenizer(await metadataOf(pre));
      const tokenizer = new Tokenizer(tokenizerJson, configJson);
      const ids = texts.map((text) => tokenizer.encode(text, { add_special_tokens: false }).ids);
      const wrong = texts.flatMap((text, i) =>
        JSON.stringify(ids[i]) === JSON.stringify(reference.ids[i])
          ? []
          : [{ text, ours: ids[i], theirs: reference.ids[i] }],
      );
      expect(wrong).toEqual([]);
      expect(reference.ids.map((row) => tokenizer.decode(row))).toEqual(reference.decoded ?? texts);
    },
  );
});
