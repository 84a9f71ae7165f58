import { wordErrors } from "../scoring.ts";
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

/** Words of the written answer that were heard: its beginning that is most like what was recognised. */
export function countHeardWords(written: string, heard: string): number {
  const words = split(written);
  let best = { count: 0, errors: Infinity };
  for (let count = 0; count <= words.length; count += 1) {
    const { errors } = wordErrors(words.slice(0, count).join(" "), heard);
    if (errors < best.errors) best = { count, errors };
  }
  return best.count;
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
