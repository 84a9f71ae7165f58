import { AntiphonError } from "../../streaming/index.ts";

import type { MetadataValue } from "./checkpoint.ts";
import { preTokenizer } from "./pre-tokenizers.ts";
import type { PreTokenizerJson } from "./pre-tokenizers.ts";

/** A tokenizer in the shape of Hugging Face's tokenizer.json and tokenizer_config.json. */
interface GgufTokenizer {
  readonly tokenizerJson: TokenizerJson;
  readonly configJson: TokenizerConfigJson;
}

interface TokenizerJson {
  readonly added_tokens: readonly AddedTokenJson[];
  readonly normalizer: { readonly type: "NFC" } | null;
  readonly pre_tokenizer: PreTokenizerJson;
  readonly post_processor: object | null;
  readonly decoder: { readonly type: "ByteLevel" };
  readonly model: {
    readonly type: "BPE";
    readonly vocab: Readonly<Record<string, number>>;
    /** Pairs, written with a space between them. */
    readonly merges: readonly string[];
    readonly unk_token: string | null;
    /** Whether a piece that is a token as a whole is taken without trying to merge it up. */
    readonly ignore_merges: boolean;
  };
}

/** A token that is found in the text before anything else is done to it. */
interface AddedTokenJson {
  readonly id: number;
  readonly content: string;
  /** Steers the model, and is left out of decoded text. */
  readonly special: boolean;
  readonly normalized: false;
}

interface TokenizerConfigJson {
  readonly bos_token?: string;
  readonly eos_token?: string;
  readonly unk_token?: string;
  readonly pad_token?: string;
  readonly chat_template?: string;
  readonly add_bos_token: boolean;
  readonly clean_up_tokenization_spaces: false;
}

type Metadata = ReadonlyMap<string, MetadataValue>;

/** `tokenizer.ggml.token_type` as in llama.h. */
const CONTROL = 3;
const USER_DEFINED = 4;

/**
 * The tokenizer that a GGUF file carries, as the object that `@huggingface/tokenizers` builds one from. Byte-level BPE
 * (`tokenizer.ggml.model` = `gpt2`) with one of the pre-tokenizers of `pre-tokenizers.ts`.
 *
 * Throws `checkpoint-unsupported` for other kinds, `checkpoint-invalid` where fields are missing or of the wrong kind.
 */
export function ggufTokenizer(metadata: Metadata): GgufTokenizer {
  const kind = metadata.get("tokenizer.ggml.model");
  if (kind !== "gpt2") {
    throw new AntiphonError(
      "checkpoint-unsupported",
      `no tokenizer for tokenizer.ggml.model ${describe(kind)}`,
    );
  }
  const tokens = texts(metadata, "tokenizer.ggml.tokens");
  const { name, normalizer, json, ignoreMerges, beginsByDefault } = preTokenizer(
    metadata.get("tokenizer.ggml.pre"),
  );
  const configJson = readConfig(metadata, tokens, beginsByDefault);
  if (new Set(tokens).size !== tokens.length) {
    throw new AntiphonError("checkpoint-invalid", `the vocabulary of tokenizer ${name} has a token twice`);
  }
  return {
    tokenizerJson: {
      added_tokens: addedTokens(metadata, tokens),
      normalizer,
      pre_tokenizer: json,
      post_processor: configJson.add_bos_token ? startWith(configJson.bos_token, tokens) : null,
      decoder: { type: "ByteLevel" },
      model: {
        type: "BPE",
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges: texts(metadata, "tokenizer.ggml.merges"),
        unk_token: configJson.unk_token ?? null,
        ignore_merges: ignoreMerges,
      },
    },
    configJson,
  };
}

function describe(value: MetadataValue | undefined): string {
  return typeof value === "string" ? `"${value}"` : typeof value;
}

function texts(metadata: Metadata, key: string): readonly string[] {
  const value = metadata.get(key);
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw new AntiphonError("checkpoint-invalid", `${key} is no list of strings`);
}

function addedTokens(metadata: Metadata, tokens: readonly string[]): AddedTokenJson[] {
  const types = metadata.get("tokenizer.ggml.token_type");
  if (types === undefined) return [];
  if (!(types instanceof Int32Array || types instanceof Uint32Array) || types.length !== tokens.length) {
    throw new AntiphonError("checkpoint-invalid", "tokenizer.ggml.token_type does not describe every token");
  }
  return tokens
    .map((content, id) => ({ id, content, special: types[id] === CONTROL, normalized: false as const }))
    .filter(({ id, content }) => content !== "" && (types[id] === CONTROL || types[id] === USER_DEFINED));
}

function readConfig(
  metadata: Metadata,
  tokens: readonly string[],
  beginsByDefault: boolean,
): TokenizerConfigJson {
  const token = (role: string): string | undefined => {
    const id = metadata.get(`tokenizer.ggml.${role}_token_id`);
    return typeof id === "number" ? tokens[id] : undefined;
  };
  const bos = token("bos");
  const eos = token("eos");
  const unknown = token("unknown");
  const padding = token("padding");
  const template = metadata.get("tokenizer.chat_template");
  return {
    ...(bos !== undefined && { bos_token: bos }),
    ...(eos !== undefined && { eos_token: eos }),
    ...(unknown !== undefined && { unk_token: unknown }),
    ...(padding !== undefined && { pad_token: padding }),
    ...(typeof template === "string" && { chat_template: template }),
    add_bos_token:
      (metadata.get("tokenizer.ggml.add_bos_token") ?? beginsByDefault) ? bos !== undefined : false,
    clean_up_tokenization_spaces: false,
  };
}

/** Puts the begin token in front of what is encoded with special tokens. */
function startWith(token: string | undefined, tokens: readonly string[]): object | null {
  if (token === undefined) return null;
  const begin = { SpecialToken: { id: token, type_id: 0 } };
  const text = { Sequence: { id: "A", type_id: 0 } };
  return {
    type: "TemplateProcessing",
    single: [begin, text],
    pair: [begin, text, { Sequence: { id: "B", type_id: 1 } }],
    special_tokens: { [token]: { id: token, ids: [tokens.indexOf(token)], tokens: [token] } },
  };
}
