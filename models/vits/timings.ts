import type { SpokenWord, WordTiming } from "../../streaming/index.ts";
import type { PreparedUtterance } from "./front.ts";

/** Where each word of an utterance sounds, in samples from the utterance's start, from the network's own durations. */
export function wordTimings(
  words: readonly SpokenWord[],
  wordSpans: PreparedUtterance["wordSpans"],
  durations: Float32Array,
  { frameSamples, sampleRate, offsetSamples }: TimeBase,
): WordTiming[] {
  const starts = new Float64Array(durations.length + 1);
  for (const [index, frames] of durations.entries()) starts[index + 1] = (starts[index] ?? 0) + frames;
  const toMs = (symbol: number): number =>
    Math.max(0, (((starts[symbol] ?? 0) * frameSamples + offsetSamples) * 1000) / sampleRate);
  let previousEndMs = toMs(0);
  return words.map(({ written }, index) => {
    const span = wordSpans[index];
    const startMs = span === undefined ? previousEndMs : toMs(span[0]);
    const endMs = span === undefined ? previousEndMs : toMs(span[1]);
    previousEndMs = endMs;
    return { text: written, startMs, endMs };
  });
}

/** How frames of an utterance relate to the sound of the clause. */
export interface TimeBase {
  readonly frameSamples: number;
  readonly sampleRate: number;
  /** Samples of the clause before the utterance, less what was trimmed from the utterance's start. */
  readonly offsetSamples: number;
}
