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

/** What serves a prompt from which the oldest messages may be gone: the gap that leaves most behind it. */
export function forgetfulReuse(held: readonly number[], prompt: readonly number[]): Reuse {
  let best = exactReuse(held, prompt);
  const { prefix } = best;
  const next = prompt[prefix];
  for (let gap = 1; prefix + gap + FEWEST_BEHIND_GAP <= held.length; gap++) {
    if (held[prefix + gap] !== next) continue;
    const behind = commonPrefixLength(held.slice(prefix + gap), prompt.slice(prefix));
    if (behind >= FEWEST_BEHIND_GAP && prefix + behind > best.length)
      best = { prefix, gap, length: prefix + behind };
  }
  return best;
}
