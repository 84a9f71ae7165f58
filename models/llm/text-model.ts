import { readFile } from "node:fs/promises";
import { basename } from "node:path";

import { z } from "zod";

import { AntiphonError, messageOf } from "../../streaming/index.ts";
import { ggufTokenizer, openCheckpoint } from "../checkpoint/index.ts";
import type { Checkpoint } from "../checkpoint/index.ts";
import { PICTURE_MARK, SMOLVLM_TEMPLATE } from "../smolvlm/prompt.ts";
import { decoderConfigFromGguf, decoderConfigFromJson } from "./config.ts";
import type { DecoderConfig } from "./config.ts";
import { withStoredFactors } from "./rope.ts";
import { requireTensor } from "./stacked-weights.ts";
import { decoderTensors } from "./tensor-names.ts";
import { TextTokenizer } from "./tokenizer.ts";
import type { TokenizerJson } from "./tokenizer.ts";

/** The files of a language model. */
export interface TextModelFiles {
  /** GGUF, which holds all, or safetensors, which need the others. */
  readonly modelPath: string;
  /** `config.json` */
  readonly configPath?: string;
  /** `tokenizer.json` */
  readonly tokenizerPath?: string;
  /** `tokenizer_config.json`, where the template of a model is that knows text only; a SmolVLM's is known here. */
  readonly tokenizerConfigPath?: string;
}

/** A language model's checkpoint, its shape, and how it reads. The checkpoint is the caller's to close. */
export interface TextModel {
  readonly checkpoint: Checkpoint;
  readonly config: DecoderConfig;
  readonly tokenizer: TextTokenizer;
  readonly template: string;
  /** What the template writes for a picture, where it knows pictures. */
  readonly pictureMark?: string;
}

/** Opens a language model's files. Rejects with `model-missing`, `checkpoint-invalid` or `checkpoint-unsupported`. */
export async function openTextModel(files: TextModelFiles): Promise<TextModel> {
  const checkpoint = await openCheckpoint(files.modelPath);
  try {
    const model =
      checkpoint.format === "gguf" ? readGguf(checkpoint) : await readSafetensors(checkpoint, files);
    return { ...model, checkpoint, config: await withStoredFactors(model.config, checkpoint) };
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}

type ReadModel = Omit<TextModel, "checkpoint">;

function readGguf(checkpoint: Checkpoint): ReadModel {
  const { embedding } = decoderTensors(checkpoint);
  const vocabularySize = requireTensor(checkpoint, embedding).shape[0] ?? 0;
  const config = decoderConfigFromGguf(checkpoint.metadata, vocabularySize);
  const { tokenizerJson, configJson } = ggufTokenizer(checkpoint.metadata);
  const template = configJson.chat_template;
  if (template === undefined)
    throw new AntiphonError("checkpoint-unsupported", `${basename(checkpoint.path)} has no chat template`);
  return { config, tokenizer: new TextTokenizer(tokenizerJson, configJson), template };
}

/** What is no object has none of the fields that are asked for. */
const jsonObject = z.record(z.string(), z.unknown()).catch({});

const smolVlmConfig = z.object({
  model_type: z.enum(["smolvlm", "idefics3"]),
  text_config: z.record(z.string(), z.unknown()),
});

async function readSafetensors(checkpoint: Checkpoint, files: TextModelFiles): Promise<ReadModel> {
  const { configPath, tokenizerPath, tokenizerConfigPath } = files;
  if (configPath === undefined || tokenizerPath === undefined) {
    throw new AntiphonError(
      "checkpoint-unsupported",
      `${basename(checkpoint.path)} needs its config.json and tokenizer.json`,
    );
  }
  const config = jsonObject.parse(await readJson(configPath));
  const tokenizerJson = (await readJson(tokenizerPath)) as TokenizerJson;
  const vision = smolVlmConfig.safeParse(config);
  if (vision.success) return readSmolVlm(vision.data.text_config, tokenizerJson);
  const shape = decoderConfigFromJson(config);
  if (tokenizerConfigPath === undefined) {
    throw new AntiphonError(
      "checkpoint-unsupported",
      `${basename(checkpoint.path)} needs its tokenizer_config.json, which has the chat template`,
    );
  }
  return { config: shape, ...(await readTemplate(tokenizerConfigPath, tokenizerJson)) };
}

function readSmolVlm(config: Readonly<Record<string, unknown>>, tokenizerJson: TokenizerJson): ReadModel {
  const ends = { bos_token: "<|im_start|>", eos_token: "<end_of_utterance>" };
  return {
    config: decoderConfigFromJson(config),
    tokenizer: new TextTokenizer(tokenizerJson, ends),
    template: SMOLVLM_TEMPLATE,
    pictureMark: PICTURE_MARK,
  };
}

/** A token as text, or with how it is found in a text. */
const token = z
  .union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)])
  .nullish()
  .transform((text) => text ?? undefined);

const tokenizerConfig = z.object({
  bos_token: token,
  eos_token: token,
  /** One, or several with names, of which the one for talking is the default. */
  chat_template: z.union([
    z.string(),
    z
      .array(z.object({ name: z.string(), template: z.string() }))
      .transform((all) => all.find(({ name }) => name === "default")?.template)
      .pipe(z.string()),
  ]),
});

async function readTemplate(
  path: string,
  tokenizerJson: TokenizerJson,
): Promise<Pick<ReadModel, "tokenizer" | "template">> {
  const parsed = tokenizerConfig.safeParse(await readJson(path));
  if (!parsed.success)
    throw new AntiphonError("checkpoint-unsupported", `${basename(path)} has no chat template that is known`);
  const { bos_token: begin, eos_token: end, chat_template: template } = parsed.data;
  const ends = {
    ...(begin !== undefined && { bos_token: begin }),
    ...(end !== undefined && { eos_token: end }),
    // Text comes word by word: what stands before a sign cannot be taken back.
    clean_up_tokenization_spaces: false,
  };
  return { tokenizer: new TextTokenizer(tokenizerJson, ends), template };
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new AntiphonError("checkpoint-invalid", `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
