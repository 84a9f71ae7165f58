import type { DecoderNetwork } from "../../models/llm/decoder-network.ts";
import { argmax } from "../../models/llm/sampler.ts";
import { CacheSets } from "../../models/llm/cache-sets.ts";
import { Seat } from "../../models/llm/seat.ts";

/** What a language model foresees in a text. */
export interface Foresight {
  /** For each token but the last, the token that the network holds most likely to follow. */
  readonly best: readonly number[];
  /** exp of the mean of -log p(the token that does follow). */
  readonly perplexity: number;
}

/** Tokens put through a network at a time. */
const CHUNK = 64;

/** Puts a text through a network that gives scores of the whole vocabulary, from an empty context. */
export async function foresee(network: DecoderNetwork, ids: readonly number[]): Promise<Foresight> {
  const { vocabularySize } = network.config;
  const seat = new Seat(network.config, new CacheSets(network.config, { roomTokens: 256 }));
  const best: number[] = [];
  let negativeLogProbability = 0;
  for (const { start, chunk } of chunks(ids)) {
    const logits = await network.logits(seat, chunk, chunk.length);
    for (const row of chunk.keys()) {
      const scores = logits.subarray(row * vocabularySize, (row + 1) * vocabularySize);
      best.push(argmax(scores));
      negativeLogProbability -= logProbability(scores, ids[start + row + 1]!);
    }
  }
  return { best, perplexity: Math.exp(negativeLogProbability / best.length) };
}

/** The best tokens of a network that gives a shortlist, as the program does that chooses by it. */
export async function chooseBest(
  network: DecoderNetwork,
  ids: readonly number[],
): Promise<readonly number[]> {
  const seat = new Seat(network.config, new CacheSets(network.config, { roomTokens: 256 }));
  const best: number[] = [];
  for (const { chunk } of chunks(ids)) {
    const candidates = await network.candidates(seat, chunk, chunk.length);
    best.push(...candidates.map(({ tokens, logits }) => tokens[argmax(logits)]!));
  }
  return best;
}

/** All tokens but the last, behind which there is nothing to foresee. */
function* chunks(ids: readonly number[]): Generator<{ start: number; chunk: number[] }> {
  for (let start = 0; start + 1 < ids.length; start += CHUNK) {
    yield { start, chunk: ids.slice(start, Math.min(start + CHUNK, ids.length - 1)) };
  }
}

/** How far one precision is from another: relative change of perplexity, and share of equal best tokens. */
export function compareForesight(
  exact: Foresight,
  shipped: Foresight,
): { readonly change: number; readonly agreement: number; readonly summary: string } {
  const change = shipped.perplexity / exact.perplexity - 1;
  const equal = exact.best.filter((token, index) => token === shipped.best[index]).length;
  const agreement = equal / exact.best.length;
  const summary =
    `perplexity ${exact.perplexity.toFixed(3)} in float32, ${shipped.perplexity.toFixed(3)} as shipped ` +
    `(${(100 * change).toFixed(2)} %), top-1 agreement ${(100 * agreement).toFixed(2)} % of ${exact.best.length}`;
  return { change, agreement, summary };
}

function logProbability(logits: Float32Array, token: number): number {
  const highest = logits[argmax(logits)]!;
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  return logits[token]! - highest - Math.log(sum);
}
