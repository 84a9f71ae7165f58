import { deflateSync } from "node:zlib";

import type { Hypothesis } from "./greedy.ts";

/** Text tokens per second of sound, at most: fast English has five. */
const TOKENS_PER_SECOND = 6.5;
/** Scripts that Whisper spells in bytes need more. */
const TOKENS_PER_SECOND_MULTILINGUAL = 13;
const SPARE_TOKENS = 8;

/** Most text tokens that so much sound can hold; what would come after is a loop. */
export function tokenLimit(seconds: number, multilingual: boolean): number {
  const rate = multilingual ? TOKENS_PER_SECOND_MULTILINGUAL : TOKENS_PER_SECOND;
  return Math.ceil(seconds * rate) + SPARE_TOKENS;
}

const LOOP_ROUNDS = 3;
const LOOP_TOKENS = 9;

/**
 * How many tokens to drop from the end so that one round of a loop is left; 0 where there is none. A loop is the same
 * tokens three times over and nine tokens in all, so that "no, no, no" is none.
 */
export function repeatedTail(tokens: readonly number[]): number {
  for (let period = 1; period * LOOP_ROUNDS <= tokens.length; period++) {
    let same = 0;
    while (same + period < tokens.length) {
      const index = tokens.length - 1 - same;
      if (tokens[index] !== tokens[index - period]) break;
      same++;
    }
    const rounds = Math.floor(same / period) + 1;
    if (rounds >= LOOP_ROUNDS && rounds * period >= LOOP_TOKENS) return (rounds - 1) * period;
  }
  return 0;
}

/**
 * Whisper's own rule (github.com/openai/whisper, transcribe.py) drops text with a no-speech probability above 0.6 and a
 * mean log probability below -1. Measured with tiny.en: noise, hum, tones and clicks were above 0.45 with at most -0.78,
 * or below that with at most -1.72; 126 utterances, clean and in noise 5 dB below them, never above 0.26 or below -1.6.
 */
const NO_SPEECH_PROBABILITY = 0.4;
const LOW_LOG_PROBABILITY = -0.6;
const HOPELESS_LOG_PROBABILITY = -1.65;

/** Whisper's own, too: no text that anybody means repeats itself more. */
const COMPRESSION_RATIO = 2.4;

/** What Whisper writes over noise, for it closes so many subtitles. People say it too, but then it is well supported. */
const STOCK_PHRASES = new Set([
  "you",
  "thank you",
  "thank you very much",
  "thank you for watching",
  "thanks for watching",
  "bye",
  "so",
  "the",
  "i",
]);
const STOCK_NO_SPEECH_PROBABILITY = 0.3;
const STOCK_LOG_PROBABILITY = -0.7;

/**
 * Whether the text should be dropped: it has no words, the network itself doubts that anybody spoke, it repeats itself
 * more than speech does, or it is one of the phrases Whisper is known to invent and badly supported.
 */
export function isImplausible(text: string, hypothesis: Hypothesis): boolean {
  const { noSpeechProbability, averageLogProbability } = hypothesis;
  const words = text.toLowerCase().match(/[\p{L}\p{N}']+/gu);
  if (words === null || averageLogProbability < HOPELESS_LOG_PROBABILITY) return true;
  if (noSpeechProbability > NO_SPEECH_PROBABILITY && averageLogProbability < LOW_LOG_PROBABILITY) return true;
  if (compressionRatio(text) > COMPRESSION_RATIO) return true;
  const weak =
    noSpeechProbability > STOCK_NO_SPEECH_PROBABILITY || averageLogProbability < STOCK_LOG_PROBABILITY;
  return weak && STOCK_PHRASES.has(words.join(" "));
}

/** How often the text says the same: its bytes over those of its deflated form. */
export function compressionRatio(text: string): number {
  const bytes = new TextEncoder().encode(text);
  return bytes.length / deflateSync(bytes).length;
}
