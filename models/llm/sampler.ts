import type { SamplingOptions } from "../../streaming/index.ts";
import type { Candidates } from "./decoder-network.ts";

/** Those of the tokens that may come next which are allowed to. */
export type Allowed = (candidates: Candidates) => Candidates;

/** Draws the next token from logits. One per generation: it owns the random state. */
export class Sampler {
  readonly #options: SamplingOptions;
  #state: number;

  constructor(options: SamplingOptions) {
    this.#options = options;
    this.#state = options.seed >>> 0;
  }

  /**
   * The token that is chosen of `candidates`, whose logits are changed. `recent` are the tokens that the repetition
   * penalty (CTRL, arXiv 1909.05858) makes less likely. Then temperature, min-p (arXiv 2407.01082) and top-p
   * (arXiv 1904.09751). `allowed` may leave some out before one is drawn.
   */
  next(candidates: Candidates, recent: readonly number[], allowed: Allowed = (all) => all): number {
    const { temperature, topP, minP, repetitionPenalty } = this.#options;
    if (repetitionPenalty !== 1) penalize(candidates, recent, repetitionPenalty);
    const { tokens, logits } = allowed(candidates);
    const best = argmax(logits);
    const chosen =
      temperature <= 0 ? best : pick(likely(logits, { best, temperature, minP }), topP, this.#random());
    return tokens[chosen] ?? 0;
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

interface Likely {
  readonly index: number;
  readonly weight: number;
}

/** Those at least `minP` times as probable as the best, most probable first, with weights relative to the best. */
function likely(
  logits: Float32Array,
  { best, temperature, minP }: { best: number; temperature: number; minP: number },
): Likely[] {
  const highest = logits[best] ?? 0;
  // Below a millionth of the best nothing is ever drawn.
  const lowest = highest + temperature * Math.log(Math.max(minP, 1e-6));
  return Array.from(logits, (logit, index) => ({ index, logit }))
    .filter(({ logit }) => logit >= lowest)
    .map(({ index, logit }) => ({ index, weight: Math.exp((logit - highest) / temperature) }))
    .sort((a, b) => b.weight - a.weight);
}

/** Draws from the smallest set that holds `topP` of the probability. */
function pick(choices: readonly Likely[], topP: number, random: number): number {
  const total = choices.reduce((sum, { weight }) => sum + weight, 0);
  let kept = 0;
  let count = 0;
  while (count < choices.length && (count === 0 || kept < topP * total)) {
    kept += choices[count]?.weight ?? 0;
    count += 1;
  }
  let left = random * kept;
  for (const { index, weight } of choices.slice(0, count)) {
    left -= weight;
    if (left < 0) return index;
  }
  return choices[0]?.index ?? 0;
}

function penalize({ tokens, logits }: Candidates, recent: readonly number[], penalty: number): void {
  const said = new Set(recent);
  for (const [index, token] of tokens.entries()) {
    const logit = logits[index] ?? 0;
    if (said.has(token)) logits[index] = logit > 0 ? logit / penalty : logit * penalty;
  }
}
