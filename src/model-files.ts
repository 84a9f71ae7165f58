import type { RemoteLanguageModelConfig } from "../models/llm/remote.ts";
import type { TextModelFiles } from "../models/llm/text-model.ts";
import {
  type FileRole,
  loadPack,
  OPTIONAL_ROLES,
  type Pack,
  PACK_NAMES,
  type PackPaths,
} from "../models/packs/index.ts";
import type { SessionModels } from "../streaming/index.ts";
import type { Config } from "./config.ts";

/** What a conversation's models are called, to ask for some of them. */
export type ModelName = Exclude<keyof SessionModels, "sight">;

/** All that a conversation needs. */
export const ALL_MODELS = ["detector", "endOfTurn", "recognizer", "languageModel", "synthesizer"] as const;

/** All that may belong to a pack's language model. */
export const LANGUAGE_MODEL_ROLES = ["language-model", ...OPTIONAL_ROLES] as const;

const ROLES: Readonly<Record<ModelName, readonly FileRole[]>> = {
  detector: ["voice-activity"],
  endOfTurn: ["end-of-turn"],
  recognizer: ["speech-recognition", "speech-recognition-tokenizer", "speech-recognition-config"],
  languageModel: LANGUAGE_MODEL_ROLES,
  synthesizer: ["voice", "voice-config"],
};

/** The files of the pack that these models are loaded from. A language model on a server needs none. */
export function neededFiles({ llm }: Config, models: readonly ModelName[]): readonly FileRole[] {
  const own = remoteServer(llm) === undefined ? models : models.filter((name) => name !== "languageModel");
  return own.flatMap((name) => ROLES[name]);
}

/** Where the files of a pack's language model are. */
export function languageModelFiles(paths: PackPaths): TextModelFiles {
  const configPath = paths["language-model-config"];
  const tokenizerPath = paths["language-model-tokenizer"];
  const tokenizerConfigPath = paths["language-model-tokenizer-config"];
  return {
    modelPath: paths["language-model"],
    ...(configPath !== undefined && { configPath }),
    ...(tokenizerPath !== undefined && { tokenizerPath }),
    ...(tokenizerConfigPath !== undefined && { tokenizerConfigPath }),
  };
}

/** How large those files are together, in bytes. */
export function neededBytes(config: Config, models: readonly ModelName[]): number {
  const roles = new Set(neededFiles(config, models));
  return loadPack(config.pack)
    .files.filter(({ role }) => roles.has(role))
    .reduce((sum, { size }) => sum + size, 0);
}

/** What people may want to know of the models that a configuration means. */
export function describeModels({ pack, llm }: Config): {
  readonly pack: string;
  readonly languageModel: string;
  /** It is on another server. */
  readonly elsewhere: boolean;
  readonly voice: string;
} {
  const { files } = loadPack(pack);
  const remote = remoteServer(llm);
  return {
    pack,
    languageModel: remote?.model ?? plainName(files, "language-model"),
    elsewhere: remote !== undefined,
    voice: plainName(files, "voice"),
  };
}

/** The packs that a server can be started with: what answers in each, and how large its files are together, in bytes. */
export function describePacks(): { name: string; languageModel: string; bytes: number }[] {
  return PACK_NAMES.map((name) => {
    const { files } = loadPack(name);
    return {
      name,
      languageModel: plainName(files, "language-model"),
      bytes: files.reduce((sum, { size }) => sum + size, 0),
    };
  });
}

function plainName(files: Pack["files"], wanted: FileRole): string {
  return files.find(({ role }) => role === wanted)?.name.replace(/\.(gguf|onnx|safetensors)$/u, "") ?? "";
}

/** The server that thinks instead of the pack's language model, if there is to be one. */
export function remoteServer(llm: Config["llm"]): RemoteLanguageModelConfig | undefined {
  const { url, model } = llm;
  return url === undefined || model === undefined ? undefined : { ...llm, url, model };
}
