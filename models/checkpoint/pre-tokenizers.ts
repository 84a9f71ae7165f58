import { AntiphonError } from "../../streaming/index.ts";

import type { MetadataValue } from "./checkpoint.ts";

/** A `pre_tokenizer` of Hugging Face's tokenizer.json, of the kinds that byte-level BPE uses. */
export type PreTokenizerJson =
  | { readonly type: "Sequence"; readonly pretokenizers: readonly PreTokenizerJson[] }
  | { readonly type: "ByteLevel"; readonly add_prefix_space: boolean; readonly use_regex: boolean }
  | { readonly type: "Split"; readonly pattern: { readonly Regex: string }; readonly behavior: "Isolated" };

/** How text is cut before merging: what `tokenizer.ggml.pre` stands for. */
export interface PreTokenizer {
  readonly name: string;
  readonly json: PreTokenizerJson;
  readonly normalizer: { readonly type: "NFC" } | null;
  readonly ignoreMerges: boolean;
  /** Whether a begin token is put in front where the file does not say. */
  readonly beginsByDefault: boolean;
}

const sequence = (...pretokenizers: PreTokenizerJson[]): PreTokenizerJson => ({
  type: "Sequence",
  pretokenizers,
});
const split = (pattern: string): PreTokenizerJson => ({
  type: "Split",
  pattern: { Regex: pattern },
  behavior: "Isolated",
});
const BYTES: PreTokenizerJson = { type: "ByteLevel", add_prefix_space: false, use_regex: false };
/** Cuts by GPT-2's own pattern as well. */
const GPT2: PreTokenizerJson = { type: "ByteLevel", add_prefix_space: false, use_regex: true };

/** The pattern that Llama 3 and Qwen 2 share but for the number of digits in a row. */
const modernPattern = (digits: string): string =>
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

const plain = { normalizer: null, ignoreMerges: false, beginsByDefault: false } as const;

/** As the tokenizer.json of the original models, and llama.cpp's src/llama-vocab.cpp, have them. */
const PRE_TOKENIZERS = {
  "gpt-2": { ...plain, json: GPT2 },
  // The original says `Digits`, which takes ² for a digit in the reference but not in @huggingface/tokenizers.
  smollm: { ...plain, json: sequence(split(String.raw`\p{N}`), GPT2) },
  qwen2: {
    ...plain,
    normalizer: { type: "NFC" },
    json: sequence(split(modernPattern(String.raw`\p{N}`)), BYTES),
  },
  "llama-bpe": {
    ...plain,
    json: sequence(split(modernPattern(String.raw`\p{N}{1,3}`)), BYTES),
    ignoreMerges: true,
    beginsByDefault: true,
  },
  // llama.cpp's answer to files that do not say.
  default: {
    ...plain,
    json: sequence(
      split(String.raw`[\p{P}\$\+<=>\^~\|]+`),
      split(String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)`),
      split(String.raw`\p{N}+`),
      split(String.raw`[0-9][0-9][0-9]`),
      BYTES,
    ),
  },
} as const satisfies Record<string, Omit<PreTokenizer, "name">>;

const SYNONYMS: ReadonlyMap<string, keyof typeof PRE_TOKENIZERS> = new Map([
  ["gpt-2", "gpt-2"],
  ["gpt2", "gpt-2"],
  ["smollm", "smollm"],
  ["qwen2", "qwen2"],
  ["llama-bpe", "llama-bpe"],
  ["llama3", "llama-bpe"],
  ["llama-v3", "llama-bpe"],
  ["default", "default"],
]);

/** The pre-tokenizer that `tokenizer.ggml.pre` names; a missing value is `default`. Throws `checkpoint-unsupported`. */
export function preTokenizer(pre: MetadataValue | undefined): PreTokenizer {
  const name = typeof pre === "string" ? SYNONYMS.get(pre) : pre === undefined ? "default" : undefined;
  if (name !== undefined) return { name, ...PRE_TOKENIZERS[name] };
  throw new AntiphonError("checkpoint-unsupported", `no pre-tokenizer ${JSON.stringify(String(pre))}`);
}
