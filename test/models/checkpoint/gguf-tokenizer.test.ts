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

  it("mark control tokens as special, and user-defined ones as found whole but ordinary", async () => {
    const { tokenizerJson, configJson } = ggufTokenizer(await metadataOf("qwen2"));
    const found = tokenizerJson.added_tokens.map(({ content, special }) => [content, special]);
    expect(found).toEqual([
      ["<|endoftext|>", true],
      ["<|im_start|>", true],
      ["<|im_end|>", true],
      ["<tool_call>", false],
    ]);
    expect(configJson).toEqual({
      bos_token: "<|endoftext|>",
      eos_token: "<|im_end|>",
      chat_template: "{{ messages[0].content }}",
      add_bos_token: false,
      clean_up_tokenization_spaces: false,
    });
  });

  it.each([
    ["llama-bpe begins texts where the file does not say", { "tokenizer.ggml.pre": "llama3" }, true],
    [
      "llama-bpe can be told not to",
      { "tokenizer.ggml.pre": "llama3", "tokenizer.ggml.add_bos_token": false },
      false,
    ],
    ["qwen2 does not", {}, false],
    ["qwen2 can be told to", { "tokenizer.ggml.add_bos_token": true }, true],
    [
      "none begins a text with a token that is not named",
      { "tokenizer.ggml.add_bos_token": true, "tokenizer.ggml.bos_token_id": undefined },
      false,
    ],
  ])("put the begin token in front: %s", async (_, changes, begins) => {
    const { tokenizerJson, configJson } = ggufTokenizer(await changed(changes));
    const ids = new Tokenizer(tokenizerJson, configJson).encode("a", { add_special_tokens: true }).ids;
    expect(ids[0] === 0).toBe(begins);
    expect(ids).toHaveLength(begins ? 2 : 1);
  });

  it.each([
    ["another kind of model", { "tokenizer.ggml.model": "llama" }, "checkpoint-unsupported"],
    ["no model", { "tokenizer.ggml.model": undefined }, "checkpoint-unsupported"],
    ["an unknown way to cut", { "tokenizer.ggml.pre": "toString" }, "checkpoint-unsupported"],
    ["no tokens", { "tokenizer.ggml.tokens": undefined }, "checkpoint-invalid"],
    ["numbers for tokens", { "tokenizer.ggml.tokens": new Int32Array(3) }, "checkpoint-invalid"],
    ["a token twice", { "tokenizer.ggml.tokens": ["a", "a"] }, "checkpoint-invalid"],
    ["no merges", { "tokenizer.ggml.merges": undefined }, "checkpoint-invalid"],
    ["too few types", { "tokenizer.ggml.token_type": new Int32Array(3) }, "checkpoint-invalid"],
  ])("are refused with %s", async (_, changes, code) => {
    const metadata = await changed(changes);
    expect(() => ggufTokenizer(metadata)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
