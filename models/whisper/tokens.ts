import { readFile } from "node:fs/promises";

import { Tokenizer } from "@huggingface/tokenizers";
import { z } from "zod";

import { AntiphonError } from "../../streaming/index.ts";

/** Token ids that steer Whisper's decoder (arXiv 2212.04356, section 2.3), found by name. */
export interface WhisperTokens {
  /** First token of every prompt; the row after it also tells the language and whether there is speech. */
  readonly startOfTranscript: number;
  /** What follows the start: nothing but the absence of time stamps in English-only models. */
  readonly task: readonly number[];
  readonly endOfText: number;
  readonly noSpeech: number;
  /** What most texts end with. */
  readonly fullStop: number;
  /** Languages to choose from between start and task; empty in English-only models. */
  readonly languages: readonly number[];
  /** Per token id, 1 where text must not contain it: special tokens, time stamps, marks of non-speech. */
  readonly suppressed: Uint8Array;
  /** The same for the first token of a text, which must not be a blank or the end either. */
  readonly suppressedAtStart: Uint8Array;
  /** The text of text tokens, as the model wrote it (usually with a space in front). */
  decode(tokens: readonly number[]): string;
}

/** CTranslate2's config.json, or the generation settings of a Hugging Face checkpoint. */
const configSchema = z.object({
  suppress_ids: z.array(z.int()).nullish(),
  suppress_ids_begin: z.array(z.int()).nullish(),
  suppress_tokens: z.array(z.int()).nullish(),
  begin_suppress_tokens: z.array(z.int()).nullish(),
});

const tokenizerSchema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.int(), content: z.string() })),
});

const LANGUAGE_TOKEN = /^<\|[a-z]{2,3}\|>$/;

/**
 * Reads tokenizer.json and config.json of a Whisper model. `vocabulary` is the number of rows of its embedding. Throws
 * `model-missing` for an absent file, `model-corrupt` for one that is no such thing.
 */
export async function readWhisperTokens(
  tokenizerPath: string,
  configPath: string,
  vocabulary: number,
): Promise<WhisperTokens> {
  const definition = await readJson(tokenizerPath, tokenizerSchema);
  const config = await readJson(configPath, configSchema);
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(definition, {});
  } catch (cause) {
    throw new AntiphonError("model-corrupt", `${tokenizerPath} is no tokenizer`, { cause });
  }
  const id = (...names: string[]): number => {
    const found = names.map((name) => tokenizer.token_to_id(name)).find((value) => value !== undefined);
    if (found === undefined)
      throw new AntiphonError("model-corrupt", `${tokenizerPath} lacks ${String(names[0])}`);
    return found;
  };
  const endOfText = id("<|endoftext|>");
  // English-only models carry the language tokens too, but number the end of text one lower.
  const multilingual = endOfText > ENGLISH_ONLY_END_OF_TEXT;
  const languages = definition.added_tokens.filter((token) => LANGUAGE_TOKEN.test(token.content));
  const suppressIds = config.suppress_ids ?? config.suppress_tokens ?? [];
  const startIds = config.suppress_ids_begin ?? config.begin_suppress_tokens ?? [id("Ġ"), endOfText];
  const suppressed = marked(vocabulary, suppressIds);
  suppressed.fill(1, endOfText + 1);
  const suppressedAtStart = marked(vocabulary, startIds, suppressed);
  return {
    startOfTranscript: id("<|startoftranscript|>"),
    task: [...(multilingual ? [id("<|transcribe|>")] : []), id("<|notimestamps|>")],
    endOfText,
    noSpeech: id("<|nospeech|>", "<|nocaptions|>"),
    fullStop: id("."),
    languages: multilingual ? languages.map((token) => token.id) : [],
    suppressed,
    suppressedAtStart,
    decode: (tokens) => tokenizer.decode([...tokens], { skip_special_tokens: true }),
  };
}

const ENGLISH_ONLY_END_OF_TEXT = 50_256;

function marked(vocabulary: number, ids: readonly number[], base?: Uint8Array): Uint8Array {
  const marks = base === undefined ? new Uint8Array(vocabulary) : base.slice();
  // -1 in Hugging Face's lists stands for a default that its own lists then spell out.
  for (const id of ids) if (id >= 0) marks[id] = 1;
  return marks;
}

async function readJson<Content>(path: string, schema: z.ZodType<Content>): Promise<Content> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new AntiphonError("model-missing", `${path} cannot be read`, { cause });
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AntiphonError("model-corrupt", `${path} is not what it should be: ${String(cause)}`, { cause });
  }
}
