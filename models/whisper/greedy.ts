import { repeatedTail } from "./guards.ts";
import type { WhisperTokens } from "./tokens.ts";

/**
 * Feeds `tokens` to the decoder at `position`, after those fed before (anything from `position` on is forgotten), and
 * returns the logits of each, [tokens, vocabulary].
 */
export type DecoderRun = (tokens: readonly number[], position: number) => Promise<Float32Array>;

/** What greedy decoding chose, before anybody judges it. */
export interface Hypothesis {
  readonly tokens: readonly number[];
  readonly noSpeechProbability: number;
  /** Mean over the tokens and the step that ended them. */
  readonly averageLogProbability: number;
}

export interface GreedyOptions {
  readonly tokens: WhisperTokens;
  /** Text tokens, at most. */
  readonly limit: number;
  /** Text tokens that are likely to come out again. */
  readonly draft: readonly number[];
}

/**
 * Greedy decoding, one decoder run per step. The draft goes in with the prompt, and as much of it as greedy decoding
 * would have chosen itself is kept (speculative decoding, arXiv 2211.17192, with an earlier hypothesis as the draft
 * model): the result is the same with any draft, and an unchanged hypothesis costs one run. Stops at the end of text,
 * at `limit`, or in a loop, of which one round is kept.
 */
export async function* decodeGreedily(
  run: DecoderRun,
  { tokens: special, limit, draft }: GreedyOptions,
): AsyncGenerator<undefined, Hypothesis> {
  let fed = [special.startOfTranscript, ...special.task];
  let position = 0;
  let noSpeechProbability: number | undefined;
  if (special.languages.length > 0) {
    const row = await run([special.startOfTranscript], 0);
    yield undefined;
    noSpeechProbability = probability(row, special.noSpeech);
    fed = [likeliest(row, special.languages), ...special.task];
    position = 1;
  }
  const checked = draft.slice(0, limit);
  const textFrom = position + fed.length;
  const chosen: number[] = [];
  const logProbabilities: number[] = [];
  let ended = false;
  let pending = [...fed, ...checked];
  let firstRow = fed.length - 1;
  while (!ended && chosen.length < limit) {
    const logits = await run(pending, position);
    yield undefined;
    const vocabulary = logits.length / pending.length;
    const rowAt = (row: number): Float32Array => logits.subarray(row * vocabulary, (row + 1) * vocabulary);
    noSpeechProbability ??= probability(rowAt(0), special.noSpeech);
    for (let row = firstRow; row < pending.length; row++) {
      const forbidden = chosen.length === 0 ? special.suppressedAtStart : special.suppressed;
      const choice = best(rowAt(row), forbidden, special.endOfText);
      logProbabilities.push(choice.logProbability);
      ended = choice.token === special.endOfText;
      if (!ended) chosen.push(choice.token);
      const repeated = repeatedTail(chosen);
      if (repeated > 0) {
        chosen.length -= repeated;
        ended = true;
      }
      // The next row followed the draft: worth something only if the draft was right.
      if (ended || chosen.length === limit || pending[row + 1] !== choice.token) break;
    }
    position = textFrom + chosen.length - 1;
    // Never one row alone: onnxruntime multiplies 8-bit weights by a single row with other rounding than by several, so
    // that drafts could change the text. The second row is free; a full stop is the best single guess.
    pending = [...chosen.slice(-1), special.fullStop];
    firstRow = 0;
  }
  const kept = logProbabilities.slice(0, chosen.length + 1);
  return {
    tokens: chosen,
    noSpeechProbability: noSpeechProbability ?? 0,
    averageLogProbability: kept.reduce((sum, value) => sum + value, 0) / Math.max(1, kept.length),
  };
}

interface Choice {
  readonly token: number;
  readonly logProbability: number;
}

/** Terms below e^-20 of the largest change no digit that matters. */
const NEGLIGIBLE = 20;

/** The likeliest token that is not forbidden, and its probability among those; `fallback` if no logit is a number. */
function best(logits: Float32Array, forbidden: Uint8Array, fallback: number): Choice {
  let token = fallback;
  let largest = -Infinity;
  for (let id = 0; id < logits.length; id++) {
    const value = logits[id] as number;
    if (value > largest && forbidden[id] === 0) {
      largest = value;
      token = id;
    }
  }
  let sum = 0;
  for (let id = 0; id < logits.length; id++) {
    const below = (logits[id] as number) - largest;
    if (below > -NEGLIGIBLE && forbidden[id] === 0) sum += Math.exp(below);
  }
  return { token, logProbability: sum > 0 ? -Math.log(sum) : -Infinity };
}

function probability(logits: Float32Array, token: number): number {
  const largest = logits.reduce((left, right) => Math.max(left, right), -Infinity);
  const sum = logits.reduce((total, value) => total + Math.exp(value - largest), 0);
  return Math.exp((logits[token] ?? -Infinity) - largest) / sum;
}

function likeliest(logits: Float32Array, among: readonly number[]): number {
  const value = (id: number): number => logits[id] ?? -Infinity;
  return among.reduce((left, right) => (value(right) > value(left) ? right : left));
}
