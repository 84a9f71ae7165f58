import { eventsOf, type LogEvent } from "./events.ts";

/** An answer that was cut off, as it was stored and as it was heard. */
export interface HeardTruth {
  readonly stored: string;
  /** What a recogniser makes of the part that was played. */
  readonly heard: string;
  /** Stored words minus words that were heard. */
  readonly difference: number;
  /** Whether the assistant knew what it had said last; undefined where nobody asked. */
  readonly recalled: boolean | undefined;
}

/**
 * Words of the written answer that were heard: its beginning that is most like what was recognised, letter by letter. A word
 * that was misheard is still more like itself than like nothing.
 */
export function countHeardWords(written: string, heard: string): number {
  const words = split(written).map(plain);
  const said = split(heard).map(plain).join("");
  const edits = editsToBeginnings(words.join(""), said);
  let best = { count: 0, edits: said.length, apart: said.length };
  let letters = 0;
  for (const [index, word] of words.entries()) {
    letters += word.length;
    const next = {
      count: index + 1,
      edits: edits[letters] ?? Infinity,
      apart: Math.abs(letters - said.length),
    };
    if (next.edits < best.edits || (next.edits === best.edits && next.apart < best.apart)) best = next;
  }
  return best.count;
}

/** Letters to insert, remove or change (Levenshtein) from each beginning of a text to another text. */
function editsToBeginnings(text: string, other: string): readonly number[] {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  const edits = [other.length];
  for (const letter of text) {
    const next = [(row[0] ?? 0) + 1];
    for (const [index, counterpart] of Array.from(other).entries()) {
      const changed = (row[index] ?? 0) + (letter === counterpart ? 0 : 1);
      next.push(Math.min(changed, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
    edits.push(row.at(-1) ?? 0);
  }
  return edits;
}

/** Compares what was stored of an answer with what was heard of it. */
export function compareHeard(
  written: string,
  stored: string,
  heard: string,
): Pick<HeardTruth, "stored" | "heard" | "difference"> {
  return { stored, heard, difference: split(stored).length - countHeardWords(written, heard) };
}

/** Whether an answer repeats at least half of the last words that were heard. */
export function recallsLast(answer: string, stored: string): boolean {
  const last = split(stored)
    .slice(-8)
    .map(plain)
    .filter((word) => word.length > 2);
  const said = new Set(split(answer).map(plain));
  const repeated = last.filter((word) => said.has(word));
  return last.length > 0 && repeated.length * 2 >= last.length;
}

/** Everything that was written of an answer, whether it was heard or not. */
export function writtenText(events: readonly LogEvent[], turn: number): string {
  return eventsOf(events, "answer-delta")
    .filter((delta) => delta.turn === turn)
    .map(({ text }) => text)
    .join("");
}

function split(text: string): string[] {
  return text.split(/\s+/u).filter(Boolean);
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
}
