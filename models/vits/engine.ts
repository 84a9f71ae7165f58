import { readFile } from "node:fs/promises";

import { AntiphonError, normalize, type SpeechChunk, type SynthesizeRequest } from "../../streaming/index.ts";
import type { Engine, Job } from "../runtime/engine.ts";
import { VitsNetwork } from "./network.ts";
import { Phonemizer } from "./phonemes.ts";
import { piperFront } from "./piper.ts";
import { speakClause } from "./speak.ts";
import { utterancesOf } from "./utterances.ts";
import { parseVoiceConfig } from "./voice-config.ts";

/** Sound of a clause, and phonemes ahead of it. */
export type VitsContract = {
  readonly synthesize: { readonly request: SynthesizeRequest; readonly chunk: SpeechChunk };
  /** Fills the phoneme cache for a text that is likely to be spoken soon; yields the number of its words. */
  readonly prepare: { readonly request: { readonly text: string }; readonly chunk: number };
};

export interface VitsEngineConfig {
  /** The exported network, `.onnx`. */
  readonly modelPath: string;
  /** Piper's description of it, `.onnx.json`. */
  readonly configPath: string;
  readonly threads: number;
}

/** Slowest and fastest speech that still sounds like some. */
const SPEEDS = { slowest: 0.25, fastest: 4 };

/** Opens a Piper voice. Rejects with `model-missing`, `checkpoint-invalid`, `checkpoint-unsupported` or `graph-invalid`. */
export async function openVitsEngine(config: VitsEngineConfig): Promise<Engine<VitsContract>> {
  const voice = parseVoiceConfig(await readText(config.configPath));
  const phonemizer = await Phonemizer.open(voice.phonemeVoice);
  const network = await VitsNetwork.open(config.modelPath, { threads: config.threads });
  const front = piperFront(voice, (words) => phonemizer.phonemize(words), network.inputNames);
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
      async *prepare({ text }): Job<number> {
        const words = normalize(text);
        for (const utterance of utterancesOf(words)) {
          await phonemizer.phonemize(utterance.words);
          yield undefined;
        }
        yield words.length;
      },
    },
    close: () => network.close(),
  };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new AntiphonError("model-missing", `cannot read the voice's configuration ${path}`, { cause });
  }
}
