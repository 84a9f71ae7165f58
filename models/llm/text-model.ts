import { readFile } from "node:fs/promises";
import { basename } from "node:path";

import { z } from "zod";

import { AntiphonError } from "../../streaming/index.ts";
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
  /** GGUF, which holds all, or the safetensors of a SmolVLM, which need the two others. */
  readonly modelPath: string;
  /** `config.json` */
  readonly configPath?: string;
  /** `tokenizer.json` */
  readonly tokenizerPath?: string;
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
    const model = checkpoint.format === "gguf" ? readGguf(checkpoint) : await readSmolVlm(checkpoint, files);
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

const smolVlmConfig = z.object({
  model_type: z.enum(["smolvlm", "idefics3"]),
  text_config: z.record(z.string(), z.unknown()),
});

async function readSmolVlm(
  checkpoint: Checkpoint,
  { configPath, tokenizerPath }: TextModelFiles,
): Promise<ReadModel> {
  if (configPath === undefined || tokenizerPath === undefined) {
    throw new AntiphonError(
      "checkpoint-unsupported",
      `${basename(checkpoint.path)} needs its config.json and tokenizer.json`,
    );
  }
  const parsed = smolVlmConfig.safeParse(JSON.parse(await readFile(configPath, "utf8")));
  if (!parsed.success)
    throw new AntiphonError("checkpoint-unsupported", `${basename(configPath)} is not SmolVLM's`);
  const tokenizerJson = JSON.parse(await readFile(tokenizerPath, "utf8")) as TokenizerJson;
  const ends = { bos_token: "<|im_start|>", eos_token: "<end_of_utterance>" };
  return {
    config: decoderConfigFromJson(parsed.data.text_config),
    tokenizer: new TextTokenizer(tokenizerJson, ends),
    template: SMOLVLM_TEMPLATE,
    pictureMark: PICTURE_MARK,
  };
}
