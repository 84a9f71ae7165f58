import { readFile } from "node:fs/promises";

import { createLanguageModel, withoutScore, withStopStrings } from "../models/llm/language-model.ts";
import { createRemoteLanguageModel } from "../models/llm/remote.ts";
import { compiledFolder, ensurePack } from "../models/packs/index.ts";
import type { PackPaths, ProgressListener } from "../models/packs/index.ts";
import type { EngineConfig } from "../models/runtime/engine-registry.ts";
import { WorkerHost } from "../models/runtime/worker-host.ts";
import type { WorkerDeath, WorkerFigures, WorkerHostOptions } from "../models/runtime/worker-host.ts";
import { createEndOfTurnDetector } from "../models/turn/smart-turn.ts";
import { createSpeechDetector } from "../models/vad/silero.ts";
import { createSpeechSynthesizer } from "../models/vits/synthesizer.ts";
import { parseVoiceConfig } from "../models/vits/voice-config.ts";
import { createSpeechRecognizer } from "../models/whisper/recognizer.ts";
import type { SessionModels } from "../streaming/index.ts";
import type { Config } from "./config.ts";
import { languageModelFiles, neededBytes, neededFiles, remoteServer, type ModelName } from "./model-files.ts";

/** Some models, how their workers fare, and how to let go of them. */
export type Models<Name extends ModelName = ModelName> = Pick<SessionModels, Name> & {
  workers(): readonly WorkerFigures[];
  close(): Promise<void>;
};

export interface OpenModelsOptions {
  readonly signal: AbortSignal;
  readonly onProgress: ProgressListener;
  /** Told how many bytes of the models are loaded. */
  readonly onLoad?: (doneBytes: number, totalBytes: number) => void;
  /** Told in a line for people when a worker died and what becomes of it. */
  readonly note?: (line: string) => void;
  /** Longest prompt plus answer of the language model. @default 1024 */
  readonly contextTokens?: number;
}

/**
 * Loads the networks of the named models, after fetching what they need of the pack and is missing. Each group has a
 * worker thread of its own: *detecting* must answer within a frame, *hearing* works while the user talks, *speaking*
 * thinks and speaks in turns, since a sentence is written and spoken sooner one after the other on all threads than
 * side by side on half.
 */
export async function openModels<Name extends ModelName>(
  config: Config,
  names: readonly Name[],
  options: OpenModelsOptions,
): Promise<Models<Name>> {
  const paths = await ensurePack(config.pack, { ...options, roles: neededFiles(config, names) });
  const wanted = new Set<ModelName>(names);
  const { contextTokens = CONTEXT_TOKENS } = options;
  const groups = GROUPS.map(({ of, make }) => ({
    ...make(config, paths, { wanted, contextTokens }),
    bytes: neededBytes(
      config,
      of.filter((name) => wanted.has(name)),
    ),
  })).filter((group) => Object.keys(group.engines).length > 0);
  const opened = await openTogether(groups, options);
  const hosts = opened.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const close = async (): Promise<void> => {
    await Promise.all(
      hosts.map(async (host) => {
        await host[Symbol.asyncDispose]();
      }),
    );
  };
  try {
    const failed = opened.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    const clients = Object.fromEntries(hosts.map((host) => [host.name, host]));
    const workers = (): WorkerFigures[] => hosts.map((host) => host.figures());
    return { ...(await connect(config, paths, wanted, clients)), workers, close } as Models<Name>;
  } catch (error) {
    // Let go of the workers that did start.
    await close();
    throw error;
  }
}

/** Opens the workers side by side; where one cannot be opened, nobody waits for the others. */
async function openTogether(
  groups: readonly (Group & { readonly bytes: number })[],
  { signal, note, onLoad }: OpenModelsOptions,
): Promise<PromiseSettledResult<WorkerHost>[]> {
  const failure = new AbortController();
  const options = {
    signal: AbortSignal.any([signal, failure.signal]),
    onDeath: (death: WorkerDeath) => note?.(describe(death)),
  };
  const totalBytes = groups.reduce((sum, { bytes }) => sum + bytes, 0);
  let doneBytes = 0;
  onLoad?.(doneBytes, totalBytes);
  return await Promise.allSettled(
    groups.map(async ({ bytes, ...group }) => {
      try {
        const host = await WorkerHost.open({ ...group, ...options });
        doneBytes += bytes;
        onLoad?.(doneBytes, totalBytes);
        return host;
      } catch (error) {
        failure.abort(error);
        throw error;
      }
    }),
  );
}

function describe({ worker, reason, final }: WorkerDeath): string {
  return `worker ${worker} died (${reason}); ${final ? "it died too often and stays down" : "a new one is starting"}`;
}

type Group = Pick<WorkerHostOptions, "name" | "engines">;
interface GroupNeeds {
  readonly wanted: ReadonlySet<ModelName>;
  readonly contextTokens: number;
}
type GroupMaker = (config: Config, paths: PackPaths, needs: GroupNeeds) => Group;

/** What a conversation comes to, with pictures. */
const CONTEXT_TOKENS = 1024;

const detecting: GroupMaker = ({ runtime: { executionProviders } }, paths, { wanted }) => ({
  name: "detecting",
  engines: {
    ...(wanted.has("detector") && {
      "voice-activity": { modelPath: paths["voice-activity"], threads: 1, executionProviders },
    }),
    ...(wanted.has("endOfTurn") && {
      "end-of-turn": { modelPath: paths["end-of-turn"], threads: 1, executionProviders },
    }),
  },
});

const hearing: GroupMaker = ({ runtime }, paths, { wanted }) => {
  const recognition: EngineConfig<"speech-recognition"> = {
    weightsPath: paths["speech-recognition"],
    tokenizerPath: paths["speech-recognition-tokenizer"],
    configPath: paths["speech-recognition-config"],
    cacheDirectory: compiledFolder(),
    threads: runtime.hearingThreads,
    executionProviders: runtime.executionProviders,
  };
  return {
    name: "hearing",
    engines: { ...(wanted.has("recognizer") && { "speech-recognition": recognition }) },
  };
};

const speaking: GroupMaker = ({ llm, runtime }, paths, { wanted, contextTokens }) => {
  const remote = remoteServer(llm);
  const { speakingThreads: threads, executionProviders } = runtime;
  const files = languageModelFiles(paths);
  const languageModel: EngineConfig<"language-model"> = {
    ...files,
    cacheDirectory: compiledFolder(),
    threads,
    executionProviders,
    spinning: runtime.spinning,
    // A GGUF file is quantised as its makers chose; safetensors are not.
    precision: files.configPath === undefined ? "stored" : "int8",
    contextTokens,
    seatMemoryBytes: llm.seatMemoryMb * 2 ** 20,
  };
  const voice: EngineConfig<"voice"> = {
    modelPath: paths.voice,
    configPath: paths["voice-config"],
    threads,
    executionProviders,
  };
  return {
    name: "speaking",
    engines: {
      ...(wanted.has("languageModel") && remote === undefined && { "language-model": languageModel }),
      ...(wanted.has("synthesizer") && { voice }),
    },
  };
};

/** Which models share a worker. */
const GROUPS: readonly { readonly of: readonly ModelName[]; readonly make: GroupMaker }[] = [
  { of: ["detector", "endOfTurn"], make: detecting },
  { of: ["recognizer"], make: hearing },
  { of: ["languageModel", "synthesizer"], make: speaking },
];

/** Whose language model can tell whether it is meant; the small one's word is at chance. */
const SCORING_PACKS: readonly string[] = ["embedded"];

/** Whose language model was trained to call tools and is large enough to choose between them. */
const CALLING_PACKS: readonly string[] = ["embedded"];

/** Puts the contracts over the workers that run. */
async function connect(
  { llm, pack }: Config,
  paths: PackPaths,
  wanted: ReadonlySet<ModelName>,
  hosts: Readonly<Partial<Record<string, WorkerHost>>>,
): Promise<Partial<SessionModels>> {
  const { detecting: detectors, hearing: ears, speaking: mouth } = hosts;
  const remote = remoteServer(llm);
  const callsTools = CALLING_PACKS.includes(pack);
  const thinking = mouth && createLanguageModel(mouth.client("language-model"), { callsTools });
  const scoring = llm.stateScore ?? SCORING_PACKS.includes(pack);
  return {
    ...(detectors !== undefined && {
      detector: createSpeechDetector(detectors.client("voice-activity")),
      endOfTurn: createEndOfTurnDetector(detectors.client("end-of-turn")),
    }),
    ...(ears !== undefined && { recognizer: createSpeechRecognizer(ears.client("speech-recognition")) }),
    ...(thinking !== undefined && {
      languageModel: withStopStrings(scoring ? thinking : withoutScore(thinking), llm.stop),
    }),
    ...(mouth !== undefined &&
      wanted.has("synthesizer") && {
        synthesizer: createSpeechSynthesizer(mouth.client("voice"), await voiceSampleRate(paths)),
      }),
    ...(remote !== undefined && {
      languageModel: withStopStrings(createRemoteLanguageModel(remote), llm.stop),
    }),
  };
}

/** In Hz; the voice's own worker reads the same file. */
async function voiceSampleRate(paths: PackPaths): Promise<number> {
  return parseVoiceConfig(await readFile(paths["voice-config"], "utf8")).sampleRate;
}
