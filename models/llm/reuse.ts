import { commonPrefixLength } from "./seat.ts";

/** Fewer tokens than this behind a gap are sooner computed than moved. */
const FEWEST_BEHIND_GAP = 16;

/** How much of what a seat holds serves a prompt: its first tokens, and so many behind a gap that the prompt lacks. */
export interface Reuse {
  readonly prefix: number;
  /** Tokens between the two; 0 where nothing behind the prefix serves. */
  readonly gap: number;
  /** All tokens that serve. */
  readonly length: number;
}

/** What serves without a gap. */
export function exactReuse(held: readonly number[], prompt: readonly number[]): Reuse {
  const prefix = commonPrefixLength(held, prompt);
  return { prefix, gap: 0, length: prefix };
}

/**
 * What serves a prompt from which the oldest messages may be gone, and nothing else: the gap begins behind the first `fixed` tokens,
 * the system prompt's, which must be the same. (It shows further behind where turns begin alike.)
 */
export function forgetfulReuse(held: readonly number[], prompt: readonly number[], fixed: number): Reuse {
  let best = exactReuse(held, prompt);
  const { prefix } = best;
  if (prefix <= fixed) return best;
  for (let gap = 1; prefix + gap + FEWEST_BEHIND_GAP <= held.length; gap++) {
    if (commonPrefixLength(held, held, fixed, fixed + gap) < prefix - fixed) continue;
    const behind = commonPrefixLength(held, prompt, prefix + gap, prefix);
    if (behind >= FEWEST_BEHIND_GAP && prefix + behind > best.length)
      best = { prefix, gap, length: prefix + behind };
  }
  return best;
}
