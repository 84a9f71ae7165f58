import { FENCE, lastToken, OPEN_ABBREVIATIONS, SOFT_WORDS, SPACE, SPEAKABLE, WIDE } from "./clause-words.ts";

/** The least that is spoken by itself where nothing else is there to be heard. */
const HURRIED_WORDS = 2;

/** No breath is taken behind these either. */
const LEADING_WORDS = new Set(
  (
    "a an the this that these those my your his her its our their some any no every each i you he she it we they there " +
    "not very so too more most less least be been being am has have had do does did can could will would may might must should " +
    "under over above below behind beside near within across along around against among towards upon per like off out up down"
  ).split(" "),
);

/**
 * Where the clause that begins at `start` can be cut for somebody who would have to wait for the rest of it: behind as many whole
 * words as can be spoken by themselves; undefined where that is less than two.
 */
export function hurriedEnd(text: string, start: number): number | undefined {
  for (let end = text.length - 1; end > start; end -= 1) {
    if (!isBetweenWords(text, end)) continue;
    if (countWords(text.slice(start, end)) < HURRIED_WORDS) return undefined;
    if (mayEndHere(text, start, end)) return end;
  }
  return undefined;
}

/** Before white space that a word follows, or between two signs of a script without it. */
function isBetweenWords(text: string, index: number): boolean {
  const [before, after] = [text.charAt(index - 1), text.charAt(index)];
  if (SPACE.test(after)) return !SPACE.test(before) && /^\s+\S/u.test(text.slice(index));
  return WIDE.test(before) && WIDE.test(after);
}

function countWords(text: string): number {
  const wide = text.match(new RegExp(WIDE, "gu"))?.length ?? 0;
  const others = text.split(/\s+/u).filter((word) => SPEAKABLE.test(word) && !WIDE.test(word)).length;
  return others + wide / 2;
}

/** Numbers and titles are read as one with what follows, and function words belong to it; code is one clause. */
function mayEndHere(text: string, start: number, end: number): boolean {
  const last = lastToken(text, end);
  const word = last.toLowerCase();
  if (/\d$/u.test(last) || OPEN_ABBREVIATIONS.has(word.replace(/\.$/u, ""))) return false;
  if (/^\P{L}*\d/u.test(text.slice(end).trimStart())) return false;
  if (text.slice(start, end).includes(FENCE)) return false;
  return !SOFT_WORDS.has(word) && !LEADING_WORDS.has(word);
}
