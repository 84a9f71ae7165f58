import type { PhonemeRun } from "./phonemes.ts";

/** Symbol ids as the network reads them, and where each word lies in them. */
export interface SymbolSequence {
  readonly ids: readonly number[];
  /** By word: first id and the one after its last; undefined for a word without a known symbol. */
  readonly wordSpans: readonly (readonly [number, number] | undefined)[];
  /** Symbols that the voice does not know. */
  readonly droppedCount: number;
}

const START = "^";
const END = "$";
const PAD = "_";

/**
 * Piper's sequence: start, pad, then each phoneme (one code point) followed by a pad, then end. The pad after a
 * phoneme belongs to its word.
 */
export function symbolSequence(
  runs: readonly PhonemeRun[],
  wordCount: number,
  phonemeIds: ReadonlyMap<string, readonly number[]>,
): SymbolSequence {
  const pad = phonemeIds.get(PAD) ?? [];
  const ids = [...(phonemeIds.get(START) ?? []), ...pad];
  const wordSpans = new Array<readonly [number, number] | undefined>(wordCount).fill(undefined);
  let droppedCount = 0;
  for (const { symbols, word } of runs) {
    for (const symbol of symbols) {
      const known = phonemeIds.get(symbol);
      if (known === undefined) {
        droppedCount += 1;
        continue;
      }
      const start = ids.length;
      ids.push(...known, ...pad);
      if (word !== undefined) wordSpans[word] = [wordSpans[word]?.[0] ?? start, ids.length];
    }
  }
  ids.push(...(phonemeIds.get(END) ?? []));
  return { ids, wordSpans, droppedCount };
}
