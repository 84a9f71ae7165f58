import type { SamplingOptions } from "../../streaming/index.ts";

/** Draws the next token from logits. One per generation: it owns the random state. */
export class Sampler {
  readonly #options: SamplingOptions;
  #state: number;

  constructor(options: SamplingOptions) {
    this.#options = options;
    this.#state = options.seed >>> 0;
  }

  /**
   * Token id chosen from `logits` [vocabulary], which are changed. `recent` are the tokens that the repetition penalty
   * (CTRL, arXiv 1909.05858) makes less likely. Then temperature, min-p (arXiv 2407.01082) and top-p (arXiv 1904.09751).
   */
  next(logits: Float32Array, recent: Iterable<number>): number {
    const { temperature, topP, minP, repetitionPenalty } = this.#options;
    if (repetitionPenalty !== 1) penalize(logits, recent, repetitionPenalty);
    const best = argmax(logits);
    if (temperature <= 0) return best;
    const candidates = likely(logits, { best, temperature, minP });
    return pick(candidates, topP, this.#random());
  }

  /** Uniform in [0, 1): mulberry32, small, seedable and good enough to choose words. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** Index of the largest value; the first of equals. */
export function argmax(values: Float32Array): number {
  let best = 0;
  let highest = -Infinity;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? -Infinity;
    if (value > highest) {
      highest = value;
      best = index;
    }
  }
  return best;
}

interface Candidate {
  readonly token: number;
  readonly weight: number;
}

/** Tokens at least `minP` times as probable as the best, most probable first, with weights relative to the best. */
function likely(
  logits: Float32Array,
  { best, temperature, minP }: { best: number; temperature: number; minP: number },
): Candidate[] {
  const highest = logits[best] ?? 0;
  // Below a millionth of the best nothing is ever drawn; the bound keeps the sort short when min-p is off.
  const lowest = highest + temperature * Math.log(Math.max(minP, 1e-6));
  const candidates: Candidate[] = [];
  for (let token = 0; token < logits.length; token++) {
    const logit = logits[token] ?? -Infinity;
    if (logit >= lowest) candidates.push({ token, weight: Math.exp((logit - highest) / temperature) });
  }
  return candidates.sort((a, b) => b.weight - a.weight);
}

/** Draws from the smallest set of candidates that holds `topP` of the probability. */
function pick(candidates: readonly Candidate[], topP: number, random: number): number {
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
  let kept = 0;
  let count = 0;
  while (count < candidates.length && (count === 0 || kept < topP * total)) {
    kept += candidates[count]?.weight ?? 0;
    count += 1;
  }
  let left = random * kept;
  for (const { token, weight } of candidates.slice(0, count)) {
    left -= weight;
    if (left < 0) return token;
  }
  return candidates[0]?.token ?? 0;
}

function penalize(logits: Float32Array, recent: Iterable<number>, penalty: number): void {
  for (const token of new Set(recent)) {
    const logit = logits[token];
    if (logit !== undefined) logits[token] = logit > 0 ? logit / penalty : logit * penalty;
  }
}
