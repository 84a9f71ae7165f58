import { readFile } from "node:fs/promises";

import { AntiphonError, type SpeechChunk, type SynthesizeRequest } from "../../streaming/index.ts";
import type { Engine, Job } from "../runtime/engine.ts";
import type { SessionOptions } from "../runtime/session.ts";
import type { VoiceFront } from "./front.ts";
import { Lexicon } from "./lexicon.ts";
import { meloFront } from "./melo.ts";
import { VitsNetwork } from "./network.ts";
import { Phonemizer } from "./phonemes.ts";
import { piperFront } from "./piper.ts";
import { speakClause } from "./speak.ts";
import { parseVoiceConfig } from "./voice-config.ts";

/** Sound of a clause. */
export type VitsContract = {
  readonly synthesize: { readonly request: SynthesizeRequest; readonly chunk: SpeechChunk };
};

/** A voice of Piper's, or one of MeloTTS's as sherpa-onnx exports them. */
export type VitsEngineConfig = SessionOptions & {
  /** The exported network, `.onnx`. */
  readonly modelPath: string;
} & (
    | {
        /** Piper's description of the voice, `.onnx.json`. */
        readonly configPath: string;
      }
    | {
        /** MeloTTS's words, `lexicon.txt`, and symbols, `tokens.txt`. */
        readonly lexiconPath: string;
        readonly tokensPath: string;
      }
  );

/** Slowest and fastest speech that still sounds like some. */
const SPEEDS = { slowest: 0.25, fastest: 4 };

/** Opens a voice. Rejects with `model-missing`, `checkpoint-invalid`, `checkpoint-unsupported` or `graph-invalid`. */
export async function openVitsEngine(config: VitsEngineConfig): Promise<Engine<VitsContract>> {
  const network = await VitsNetwork.open(config.modelPath, config);
  const front =
    "configPath" in config ? await openPiper(config.configPath, network) : await openMelo(config, network);
  return {
    jobs: {
      async *synthesize({ text, speed }): Job<SpeechChunk> {
        if (!(speed >= SPEEDS.slowest && speed <= SPEEDS.fastest)) {
          throw new AntiphonError(
            "config-invalid",
            `speed ${speed} is not between ${SPEEDS.slowest} and ${SPEEDS.fastest}`,
          );
        }
        yield* speakClause(text, speed, front, network);
      },
    },
    close: () => network.close(),
  };
}

async function openPiper(configPath: string, network: VitsNetwork): Promise<VoiceFront> {
  const voice = parseVoiceConfig(await readText(configPath));
  const phonemizer = await Phonemizer.open(voice.phonemeVoice);
  return piperFront(voice, (words) => phonemizer.phonemize(words), network.inputNames);
}

async function openMelo(
  { lexiconPath, tokensPath }: { readonly lexiconPath: string; readonly tokensPath: string },
  network: VitsNetwork,
): Promise<VoiceFront> {
  const lexicon = Lexicon.parse(await readText(lexiconPath), await readText(tokensPath));
  return meloFront(lexicon, network.metadata, network.inputNames);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new AntiphonError("model-missing", `cannot read ${path}, which describes the voice`, { cause });
  }
}
