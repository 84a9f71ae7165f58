import type { Engine, EngineClient } from "./engine.ts";
import { loadError } from "./load-error.ts";

/** Any engine, where its contract does not matter. */
export type AnyEngine = Engine<Record<string, { request: never; chunk: unknown }>>;

/** Each engine's opener, loaded only in the worker that needs it. */
const OPENERS = {
  "voice-activity": async () => (await import("../vad/silero.ts")).openVadEngine,
  "end-of-turn": async () => (await import("../turn/smart-turn.ts")).openTurnEngine,
  "speech-recognition": async () => (await import("../whisper/engine.ts")).openWhisperEngine,
  "language-model": async () => (await import("../llm/engine.ts")).openLanguageModelEngine,
  pictures: async () => (await import("../pictures/engine.ts")).openPictureEngine,
  sight: async () => (await import("../vit/engine.ts")).openSightEngine,
  "smolvlm-sight": async () => (await import("../smolvlm/engine.ts")).openSmolVlmSightEngine,
  faces: async () => (await import("../faces/blaze-face.ts")).openFaceEngine,
  reading: async () => (await import("../ocr/engine.ts")).openReadingEngine,
  recordings: async () => (await import("../recordings/engine.ts")).openRecordingEngine,
  voice: async () => (await import("../vits/engine.ts")).openVitsEngine,
} as const;

export type EngineName = keyof typeof OPENERS;

type Opener<Name extends EngineName> = Awaited<ReturnType<(typeof OPENERS)[Name]>>;

/** The configuration an engine's opener takes. */
export type EngineConfig<Name extends EngineName> = Parameters<Opener<Name>>[0];

/** The caller's side of an engine, by its name. */
export type EngineClientOf<Name extends EngineName> =
  Awaited<ReturnType<Opener<Name>>> extends Engine<infer Contract> ? EngineClient<Contract> : never;

/** Opens the engine of that name. @throws AntiphonError that names its files, where one of them may be damaged. */
export async function openEngine(name: EngineName, config: unknown): Promise<AnyEngine> {
  try {
    const open = (await OPENERS[name]()) as (config: unknown) => Promise<unknown>;
    return (await open(config)) as AnyEngine;
  } catch (error) {
    throw loadError(error, name, config);
  }
}
