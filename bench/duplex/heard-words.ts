import { editDistance } from "../scoring.ts";
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

/** A recognised word is a written one misheard where so much of it is alike. */
const ALIKE = 0.5;

/**
 * Words of the written answer that were heard: its beginning that is most like what was recognised, word by word. One that was
 * misheard is heard, too, as far as it is alike; one that was invented is none.
 */
export function countHeardWords(written: string, heard: string): number {
  const words = split(written).map(plain);
  const said = split(heard).map(plain);
  let row = Array.from({ length: said.length + 1 }, (_, index) => index);
  let best = { count: 0, cost: said.length };
  for (const [count, word] of words.entries()) {
    const next = [count + 1];
    for (const [index, other] of said.entries()) {
      const replaced = (row[index] ?? 0) + unlikeness(word, other);
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
    const cost = row.at(-1) ?? 0;
    if (cost < best.cost) best = { count: count + 1, cost };
  }
  return best.count;
}

/** From 0 for the same word to 2, as if one were removed and the other put in. */
function unlikeness(word: string, other: string): number {
  const unlike = editDistance(word, other) / Math.max(1, word.length, other.length);
  return unlike <= ALIKE ? unlike : 2;
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
