import type { Candidates, DecoderNetwork } from "./decoder-network.ts";
import type { EchoDraft } from "./draft.ts";
import type { RunPace } from "./run-pace.ts";
import type { Allowed, Sampler } from "./sampler.ts";
import type { Seat } from "./seat.ts";

export interface Writing {
  /** What may follow the tokens that the seat holds. */
  readonly first: Candidates;
  readonly maxTokens: number;
  readonly sampler: Sampler;
  readonly draft: Pick<EchoDraft, "guess">;
  readonly pace: RunPace;
  /** Asked before each token is chosen. */
  readonly allowed?: Allowed;
}

/**
 * Writes on from what the seat holds: yields each token as it is chosen, and `undefined` after each run of the network.
 * Guessed tokens are put through together with the last one chosen. The sampler then chooses as if they were not there;
 * as long as it chooses what was guessed, the next scores are there already (speculative decoding, arXiv 2211.17192).
 * The words are those that would come without guesses, but for ties that rounding decides: a run of several tokens adds
 * up in another order.
 */
export async function* writeTokens(
  network: DecoderNetwork,
  seat: Seat,
  { first, maxTokens, sampler, draft, pace, allowed }: Writing,
): AsyncGenerator<number | undefined, void, void> {
  const answer: number[] = [];
  const promptLength = seat.tokens.length;
  let scored: readonly Candidates[] = [first];
  let guesses: readonly number[] = [];
  for (;;) {
    for (const [index, candidates] of scored.entries()) {
      const token = sampler.next(candidates, answer, allowed);
      answer.push(token);
      yield token;
      if (answer.length >= maxTokens) return;
      if (token !== guesses[index]) break;
    }
    seat.truncate(promptLength + answer.length - 1);
    const [last = 0] = answer.slice(-1);
    guesses = draft.guess([...seat.tokens, last], answer.length).slice(0, maxTokens - answer.length);
    const run = [last, ...guesses];
    const startMs = performance.now();
    scored = await network.candidates(seat, run, run.length);
    pace.note(run.length, performance.now() - startMs);
    yield undefined;
  }
}
