import type { RemoteLanguageModelConfig } from "../models/llm/remote.ts";
import type { FileRole } from "../models/packs/index.ts";
import type { SessionModels } from "../streaming/index.ts";
import type { Config } from "./config.ts";

/** What a conversation's models are called, to ask for some of them. */
export type ModelName = keyof SessionModels;

/** All that a conversation needs. */
export const ALL_MODELS = ["detector", "endOfTurn", "recognizer", "languageModel", "synthesizer"] as const;

const ROLES: Readonly<Record<ModelName, readonly FileRole[]>> = {
  detector: ["voice-activity"],
  endOfTurn: ["end-of-turn"],
  recognizer: ["speech-recognition", "speech-recognition-tokenizer", "speech-recognition-config"],
  languageModel: ["language-model"],
  synthesizer: ["voice", "voice-config"],
};

/** The files of the pack that these models are loaded from. A language model on a server needs none. */
export function neededFiles({ llm }: Config, models: readonly ModelName[]): readonly FileRole[] {
  const own = remoteServer(llm) === undefined ? models : models.filter((name) => name !== "languageModel");
  return own.flatMap((name) => ROLES[name]);
}

/** The server that thinks instead of the pack's language model, if there is to be one. */
export function remoteServer(llm: Config["llm"]): RemoteLanguageModelConfig | undefined {
  const { url, model } = llm;
  return url === undefined || model === undefined ? undefined : { ...llm, url, model };
}
