import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readWhisperTokens } from "../../../models/whisper/tokens.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "whisper-tokens-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A tokenizer of two words whose special tokens are numbered from `first` in Whisper's order. */
async function write(first: number, specials: readonly string[], config: object): Promise<[string, string]> {
  const added_tokens = specials.map((content, index) => ({
    id: first + index,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  }));
  const tokenizer = {
    version: "1.0",
    added_tokens,
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: "BPE", vocab: { h: 0, i: 1, Ġ: 2, hi: 3, Ġhi: 4, ".": 5 }, merges: ["h i", "Ġ hi"] },
  };
  const [tokenizerPath, configPath] = [join(folder, `t${first}.json`), join(folder, `c${first}.json`)];
  await writeFile(tokenizerPath, JSON.stringify(tokenizer));
  await writeFile(configPath, JSON.stringify(config));
  return [tokenizerPath, configPath];
}

const START = ["<|endoftext|>", "<|startoftranscript|>"];
const REST = [
  "<|en|>",
  "<|de|>",
  "<|translate|>",
  "<|transcribe|>",
  "<|nospeech|>",
  "<|notimestamps|>",
  "<|0.00|>",
];

describe("readWhisperTokens", () => {
  it("gives an English-only model its two-token prompt, though it lists languages", async () => {
    const files = await write(50_256, [...START, ...REST], {
      suppress_ids: [1],
      suppress_ids_begin: [2, 50_256],
    });
    const tokens = await readWhisperTokens(...files, 51_864);
    expect(tokens).toMatchObject({
      startOfTranscript: 50_257,
      task: [50_263],
      endOfText: 50_256,
      noSpeech: 50_262,
      fullStop: 5,
      languages: [],
    });
    const allowed = (ids: readonly number[], marks: Uint8Array): number[] =>
      ids.filter((id) => marks[id] === 0);
    const sample = [0, 1, 2, 50_255, 50_256, 50_257, 50_264, 51_863];
    expect(allowed(sample, tokens.suppressed)).toEqual([0, 2, 50_255, 50_256]);
    expect(allowed(sample, tokens.suppressedAtStart)).toEqual([0, 50_255]);
    expect(tokens.decode([4, 4])).toBe(" hi hi");
  });

  it("gives a multilingual model its languages and the task to write down what was said", async () => {
    const config = { suppress_tokens: [-1, 1], begin_suppress_tokens: [2, 50_257] };
    const files = await write(50_257, [...START, ...REST], config);
    const tokens = await readWhisperTokens(...files, 51_865);
    expect(tokens).toMatchObject({ task: [50_262, 50_264], languages: [50_259, 50_260] });
    expect(tokens.suppressed[1]).toBe(1);
  });

  it("finds the no-speech token under its older name", async () => {
    const older = REST.map((name) => (name === "<|nospeech|>" ? "<|nocaptions|>" : name));
    const files = await write(60_000, [...START, ...older], {});
    const tokens = await readWhisperTokens(...files, 70_000);
    expect(tokens.noSpeech).toBe(60_006);
    expect([2, 60_000].map((id) => tokens.suppressedAtStart[id])).toEqual([1, 1]);
  });

  it("names the file that is missing or is something else", async () => {
    const [tokenizerPath, configPath] = await write(50_300, ["<|endoftext|>"], {});
    await expect(readWhisperTokens(join(folder, "none"), configPath, 9)).rejects.toMatchObject({
      code: "model-missing",
    });
    await expect(readWhisperTokens(tokenizerPath, configPath, 9)).rejects.toMatchObject({
      code: "model-corrupt",
    });
    await writeFile(join(folder, "broken"), "{ not json");
    await expect(readWhisperTokens(tokenizerPath, join(folder, "broken"), 9)).rejects.toMatchObject({
      code: "model-corrupt",
      message: expect.stringContaining("broken") as string,
    });
  });
});
