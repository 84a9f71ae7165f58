import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { createLanguageModel } from "../models/llm/language-model.ts";
import { createRemoteLanguageModel } from "../models/llm/remote.ts";
import { ensurePack, readPackEnvironment } from "../models/packs/index.ts";
import type { PackPaths, ProgressListener } from "../models/packs/index.ts";
import type { EngineConfig } from "../models/runtime/engine-registry.ts";
import { WorkerHost } from "../models/runtime/worker-host.ts";
import { createEndOfTurnDetector } from "../models/turn/smart-turn.ts";
import { createSpeechDetector } from "../models/vad/silero.ts";
import { createSpeechSynthesizer } from "../models/vits/synthesizer.ts";
import { parseVoiceConfig } from "../models/vits/voice-config.ts";
import { createSpeechRecognizer } from "../models/whisper/recognizer.ts";
import type { SessionModels } from "../streaming/index.ts";
import type { Config } from "./config.ts";

/** Everything that runs on weights, and how to let go of it. */
export interface Models extends SessionModels {
  close(): Promise<void>;
}

export interface OpenModelsOptions {
  readonly signal: AbortSignal;
  readonly onProgress: ProgressListener;
}

/**
 * Fetches what is missing of the pack and loads its networks, each group on a worker thread of its own: *detecting*
 * must answer within a frame, *hearing* while the user talks, *speaking* thinks and speaks in turns, since a sentence is
 * written and spoken faster one after the other on all threads than side by side on half of them.
 */
export async function openModels(config: Config, options: OpenModelsOptions): Promise<Models> {
  const paths = await ensurePack(config.pack, options);
  const hosts = await openHosts(config, paths);
  const { detecting, hearing, speaking } = hosts;
  const voice = parseVoiceConfig(await readFile(paths["voice-config"], "utf8"));
  return {
    detector: createSpeechDetector(detecting.client("voice-activity")),
    endOfTurn: createEndOfTurnDetector(detecting.client("end-of-turn")),
    recognizer: createSpeechRecognizer(hearing.client("speech-recognition")),
    languageModel:
      config.llm === undefined
        ? createLanguageModel(speaking.client("language-model"))
        : createRemoteLanguageModel(config.llm),
    synthesizer: createSpeechSynthesizer(speaking.client("voice"), voice.sampleRate),
    close: async () => {
      await Promise.all(
        Object.values(hosts).map(async (host) => {
          await host[Symbol.asyncDispose]();
        }),
      );
    },
  };
}

type Hosts = Readonly<Record<"detecting" | "hearing" | "speaking", WorkerHost>>;

async function openHosts(config: Config, paths: PackPaths): Promise<Hosts> {
  const { hearingThreads, speakingThreads, spinning } = config.runtime;
  const cacheDirectory = join(readPackEnvironment().home, "graphs");
  const recognition: EngineConfig<"speech-recognition"> = {
    weightsPath: paths["speech-recognition"],
    tokenizerPath: paths["speech-recognition-tokenizer"],
    configPath: paths["speech-recognition-config"],
    cacheDirectory,
    threads: hearingThreads,
  };
  const languageModel: EngineConfig<"language-model"> = {
    modelPath: paths["language-model"],
    cacheDirectory,
    threads: speakingThreads,
    spinning,
    precision: "stored",
    contextTokens: 1024,
  };
  const opened = await Promise.allSettled([
    WorkerHost.open({
      name: "detecting",
      engines: {
        "voice-activity": { modelPath: paths["voice-activity"], threads: 1 },
        "end-of-turn": { modelPath: paths["end-of-turn"], threads: 1 },
      },
    }),
    WorkerHost.open({ name: "hearing", engines: { "speech-recognition": recognition } }),
    WorkerHost.open({
      name: "speaking",
      engines: {
        ...(config.llm === undefined && { "language-model": languageModel }),
        voice: { modelPath: paths.voice, configPath: paths["voice-config"], threads: speakingThreads },
      },
    }),
  ]);
  return await allOrNone(opened);
}

/** Lets go of the workers that did start where one did not. */
async function allOrNone(opened: readonly PromiseSettledResult<WorkerHost>[]): Promise<Hosts> {
  const hosts = opened.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const [detecting, hearing, speaking] = hosts;
  const failed = opened.find((result) => result.status === "rejected");
  if (failed === undefined && detecting !== undefined && hearing !== undefined && speaking !== undefined) {
    return { detecting, hearing, speaking };
  }
  await Promise.all(
    hosts.map(async (host) => {
      await host[Symbol.asyncDispose]();
    }),
  );
  throw failed?.reason;
}
