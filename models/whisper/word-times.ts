import type { WordTiming } from "../../streaming/index.ts";

/** What one token looks at: rows of tokens, columns of the encoder's steps. */
export interface Attention {
  readonly tokens: number;
  readonly steps: number;
  /** [tokens, steps] of each head, each row adding up to 1. */
  readonly heads: readonly Float32Array[];
}

/** One step of the encoder. */
const STEP_MS = 20;
/** Steps that the median is taken over; odd. */
const MEDIAN_STEPS = 7;

/**
 * When each token begins and ends, by what the decoder looks at as it writes it: the heads' attention, normed over the
 * tokens and smoothed over time, is aligned with the tokens by dynamic time warping (github.com/openai/whisper, timing.py).
 * Returns tokens + 1 times in milliseconds; token n lasts from the n-th to the next.
 */
export function tokenTimes({ tokens, steps, heads }: Attention): number[] {
  const cost = new Float32Array(tokens * steps);
  for (const head of heads) {
    const smooth = medianOverTime(normedOverTokens(head, tokens, steps), tokens, steps);
    for (let index = 0; index < cost.length; index++)
      cost[index] = (cost[index] ?? 0) - (smooth[index] ?? 0) / heads.length;
  }
  const begins = warp(cost, tokens, steps);
  return [...begins.map((step) => step * STEP_MS), steps * STEP_MS];
}

function normedOverTokens(head: Float32Array, tokens: number, steps: number): Float32Array {
  const normed = new Float32Array(tokens * steps);
  for (let step = 0; step < steps; step++) {
    let [sum, squares] = [0, 0];
    for (let token = 0; token < tokens; token++) {
      const value = head[token * steps + step] ?? 0;
      sum += value;
      squares += value * value;
    }
    const mean = sum / tokens;
    const deviation = Math.sqrt(Math.max(squares / tokens - mean * mean, 1e-12));
    for (let token = 0; token < tokens; token++)
      normed[token * steps + step] = ((head[token * steps + step] ?? 0) - mean) / deviation;
  }
  return normed;
}

function medianOverTime(values: Float32Array, tokens: number, steps: number): Float32Array {
  const half = (MEDIAN_STEPS - 1) / 2;
  const smooth = new Float32Array(values.length);
  const window = new Float32Array(MEDIAN_STEPS);
  for (let token = 0; token < tokens; token++) {
    for (let step = 0; step < steps; step++) {
      for (let offset = -half; offset <= half; offset++) {
        const at = Math.min(steps - 1, Math.max(0, step + offset));
        window[offset + half] = values[token * steps + at] ?? 0;
      }
      smooth[token * steps + step] = window.sort()[half] ?? 0;
    }
  }
  return smooth;
}

const DIAGONAL = 0;
const NEXT_TOKEN = 1;
const NEXT_STEP = 2;

/** The cheapest way through `cost` from its first cell to its last; for each token the step where it is entered. */
function warp(cost: Float32Array, tokens: number, steps: number): number[] {
  const width = steps + 1;
  const total = new Float32Array((tokens + 1) * width).fill(Infinity);
  const from = new Uint8Array((tokens + 1) * width);
  total[0] = 0;
  for (let token = 1; token <= tokens; token++) {
    for (let step = 1; step <= steps; step++) {
      const at = token * width + step;
      const diagonal = total[at - width - 1] ?? 0;
      const nextToken = total[at - width] ?? 0;
      const nextStep = total[at - 1] ?? 0;
      const least = Math.min(diagonal, nextToken, nextStep);
      const best = diagonal === least ? DIAGONAL : nextToken === least ? NEXT_TOKEN : NEXT_STEP;
      total[at] = least + (cost[(token - 1) * steps + step - 1] ?? 0);
      from[at] = best;
    }
  }
  const begins = new Array<number>(tokens).fill(0);
  let [token, step] = [tokens, steps];
  while (token > 0 && step > 0) {
    begins[token - 1] = step - 1;
    const way = from[token * width + step];
    if (way !== NEXT_STEP) token -= 1;
    if (way !== NEXT_TOKEN) step -= 1;
  }
  return begins;
}

/**
 * Puts tokens together to words: a word begins with a space, and where a language has none, with each character.
 * @param times - as many as tokens, and the end of the last.
 */
export function wordTimes(
  tokens: readonly number[],
  times: readonly number[],
  decode: (tokens: readonly number[]) => string,
): WordTiming[] {
  const words: { text: string; startMs: number; endMs: number }[] = [];
  let pending: number[] = [];
  for (const [index, token] of tokens.entries()) {
    pending.push(token);
    const text = decode(pending);
    // A character may be cut in two tokens.
    if (text.includes("\uFFFD") && index < tokens.length - 1) continue;
    const startMs = times[index - pending.length + 1] ?? 0;
    const endMs = times[index + 1] ?? startMs;
    pending = [];
    const last = words.at(-1);
    if (last === undefined || beginsWord(text)) words.push({ text: text.trim(), startMs, endMs });
    else {
      last.text += text;
      // A mark lasts as long as the silence after it.
      if (/[\p{L}\p{N}]/u.test(text)) last.endMs = endMs;
    }
  }
  return words.filter(({ text }) => text !== "");
}

const UNSPACED =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

function beginsWord(text: string): boolean {
  return text.startsWith(" ") || UNSPACED.test(text);
}
