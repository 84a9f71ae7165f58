import { normalize, type SpeechChunk, type SpokenWord } from "../../streaming/index.ts";
import type { Job } from "../runtime/engine.ts";
import type { Latent, VitsNetwork } from "./network.ts";
import type { VoiceFront } from "./front.ts";
import { firstAudible, withFinalSilence } from "./silence.ts";
import { wordTimings } from "./timings.ts";
import { utterancesOf, type Utterance } from "./utterances.ts";
import { frameWindows } from "./windows.ts";

/** Silence kept before the first sound: room for an attack too soft to count as audible. */
const LEAD_MS = 15;

/** Silence after an utterance, by its last mark. A clause that stops in mid-sentence goes on almost at once. */
const PAUSE_MS: ReadonlyMap<string, number> = new Map([
  [".", 280],
  ["!", 280],
  ["?", 280],
  [":", 200],
  [";", 200],
  [",", 120],
]);
const SHORTEST_PAUSE_MS = 30;

/**
 * Speaks a text, one step per network run: per utterance its symbols, the encoder, then window after window of sound.
 * Leading near-silence (VITS begins with 50-150 ms of it) is cut so that the answer is heard earlier; final silence
 * is set to what the punctuation asks for. Words come with the first chunk of their utterance.
 */
export async function* speakClause(
  text: string,
  speed: number,
  front: VoiceFront,
  network: VitsNetwork,
): Job<SpeechChunk> {
  let spokenSamples = 0;
  for (const utterance of utterancesOf(normalize(text, front.script))) {
    for await (const chunk of speakUtterance(utterance, { speed, spokenSamples }, front, network)) {
      spokenSamples += chunk?.samples.length ?? 0;
      yield chunk;
    }
  }
}

interface Delivery {
  readonly speed: number;
  /** Samples of the clause before this utterance. */
  readonly spokenSamples: number;
}

async function* speakUtterance(
  { words }: Utterance,
  { speed, spokenSamples }: Delivery,
  front: VoiceFront,
  network: VitsNetwork,
): Job<SpeechChunk> {
  const { feeds, wordSpans } = await front.prepare(words, speed);
  yield undefined;
  const latent = await network.encode(feeds);
  yield undefined;
  const { sampleRate } = front;
  const toSamples = (ms: number): number => Math.round((ms * sampleRate) / 1000);
  const finalSilence = toSamples(pauseMs(words) / speed);
  let trimmed = 0;
  let silent = true;
  for await (const sound of decodeWindows(latent, network)) {
    let { samples } = sound;
    let timings: SpeechChunk["words"] = [];
    if (silent) {
      const audible = firstAudible(samples);
      silent = audible === samples.length && !sound.last;
      const cut = silent ? samples.length : Math.max(0, audible - toSamples(LEAD_MS));
      trimmed += cut;
      samples = samples.slice(cut);
      const base = { frameSamples: network.frameSamples, sampleRate, offsetSamples: spokenSamples - trimmed };
      if (!silent) timings = wordTimings(words, wordSpans, latent.durations, base);
    }
    if (sound.last) samples = withFinalSilence(samples, finalSilence);
    yield silent ? undefined : { samples, sampleRate, words: timings };
  }
}

async function* decodeWindows(
  latent: Latent,
  network: VitsNetwork,
): AsyncGenerator<{ readonly samples: Float32Array; readonly last: boolean }> {
  for (const { from, to } of frameWindows(latent.frameCount)) {
    yield { samples: await network.decode(latent, from, to), last: to === latent.frameCount };
  }
}

function pauseMs(words: readonly SpokenWord[]): number {
  return PAUSE_MS.get(words.at(-1)?.spoken.at(-1) ?? "") ?? SHORTEST_PAUSE_MS;
}
