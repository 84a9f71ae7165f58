import {
  endsOpen,
  FENCE,
  lastToken,
  NUMBERED_ABBREVIATIONS,
  OPEN_ABBREVIATIONS,
  SOFT_WORDS,
  SPACE,
  SPEAKABLE,
} from "./clause-words.ts";

/** The least that is spoken by itself where nothing else is there to be heard. */
const HURRIED_WORDS = 2;
/** A better place is no further back than that. */
const LOOK_BACK = 120;

/** No breath is taken behind these either, in English. */
const LEADING_WORDS = new Set(
  (
    "a an the this that these those my your his her its our their some any no every each i you he she it we they there " +
    "not very so too more most less least be been being am has have had do does did can could will would may might must should " +
    "under over above below behind beside near within across along around against among towards upon per like off out up down " +
    "it's that's there's he's she's what's here's who's let's i'm"
  ).split(" "),
);
const CONTRACTION = /'(?:re|ve|ll|d)$/u;

/** Behind a letter, and what may close behind it. */
const MARKED_END = /\p{L}[.!?…,;:。！？｡，、；：]+["'”’)\]}」』）】]*$/u;

/** Scripts whose words no space divides, and what knows where they end all the same. */
const SPACELESS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
const SPACELESS_ALL = new RegExp(SPACELESS, "gu");
const WORDS = new Intl.Segmenter("zh", { granularity: "word" });

/**
 * Where the clause that begins at `start` can be cut for somebody who would have to wait for the rest of it: behind as many whole
 * words as can be spoken by themselves; undefined where that is less than two, and in code, which is one clause.
 */
export function hurriedEnd(text: string, start: number): number | undefined {
  const clause = text.slice(start);
  if (clause.trimStart().startsWith(FENCE)) return undefined;
  for (let end = clause.length; end > Math.max(0, clause.length - LOOK_BACK); end -= 1) {
    if (!isBetweenWords(clause, end)) continue;
    if (countWords(clause.slice(0, end)) < HURRIED_WORDS) return undefined;
    if (mayEndHere(clause, end)) return start + end;
  }
  return undefined;
}

/** Before white space that a word follows, behind a mark at the end, or between two words of a script without spaces. */
function isBetweenWords(text: string, end: number): boolean {
  if (end === text.length) return MARKED_END.test(text.slice(-8));
  const [before, after] = [text.charAt(end - 1), text.charAt(end)];
  if (SPACE.test(after)) return !SPACE.test(before) && /^\s+\S/u.test(text.slice(end));
  if (!SPACELESS.test(before) || !SPACELESS.test(after)) return false;
  const from = Math.max(0, end - LOOK_BACK);
  return WORDS.segment(text.slice(from)).containing(end - from)?.index === end - from;
}

function countWords(text: string): number {
  const signs = text.match(SPACELESS_ALL)?.length ?? 0;
  const others = text.split(/\s+/u).filter((word) => SPEAKABLE.test(word) && !SPACELESS.test(word)).length;
  return others + signs / 2;
}

/** Numbers, titles and initials are read as one with what follows, and function words belong to it. */
function mayEndHere(text: string, end: number): boolean {
  const last = lastToken(text, end);
  if (/\d$/u.test(last) || /^\P{L}*\d/u.test(text.slice(end).trimStart())) return false;
  if (!/[\p{L}.'’]$/u.test(last)) return true;
  const word = last
    .toLowerCase()
    .replace(/\P{L}+$/u, "")
    .replaceAll("’", "'");
  if (OPEN_ABBREVIATIONS.has(word) || NUMBERED_ABBREVIATIONS.has(word)) return false;
  if (last.endsWith(".")) return !endsOpen(text, text.lastIndexOf(".", end - 1), word);
  return !(SOFT_WORDS.has(word) || LEADING_WORDS.has(word) || CONTRACTION.test(word));
}
