import { DATE_RULES } from "./dates.ts";
import { isItemLine, maskMarkup, SILENT } from "./markup.ts";
import { numberWords } from "./numbers.ts";
import { QUANTITY_RULES } from "./quantities.ts";
import { rule, table, type Rule } from "./rule.ts";
import { WEB_RULES, WORD_RULES } from "./words.ts";

/** One thing as written ("$3.50,", "7:30 pm", "Paris.") and as spoken. */
export interface SpokenWord {
  /** `text.slice(writtenStart, writtenEnd)`: with the punctuation attached to it. */
  readonly written: string;
  /** In UTF-16 units of the text. */
  readonly writtenStart: number;
  readonly writtenEnd: number;
  /**
   * Words separated by single spaces, without digits; a pause or the tone of the sentence follows a word as one
   * of `, ; : . ! ?`. "a.m" style words are spelled letter by letter.
   */
  readonly spoken: string;
}

interface OpenWord {
  start: number;
  end: number;
  words: string;
  pause: string;
}

/** Pauses from weak to strong. */
const PAUSES = ["", ",", ";", ":", ".", "!", "?"];
const PAUSE_OF = table<string>({
  "…": ".", "(": ",", ")": ",", "[": ",", "]": ",", "{": ",", "}": ",", "—": ",", "–": ",", "|": ",",
  "。": ".", "！": "!", "？": "?", "，": ",", "、": ",", "；": ";", "：": ":",
}); // prettier-ignore

const ENUMERATOR = rule(
  String.raw`(?<=^[ \t]*)(\d{1,3})[.)](?=[ \t])`,
  ([, number = ""]) => `${numberWords(number)},`,
  "m",
);
const RULES: readonly Rule[] = [ENUMERATOR, ...WEB_RULES, ...DATE_RULES, ...QUANTITY_RULES, ...WORD_RULES];
const SPACE = /\s/;
const LATIN = /\p{Script=Latin}/u;

/**
 * Text as a person or a language model writes it → English words as they are spoken, each with the place in the text
 * that it stands for, in order. What cannot be spoken (markup, emoji, code, other scripts) yields nothing.
 * @param script - a word is kept where this finds a letter that the voice can speak
 */
export function normalize(text: string, script: RegExp = LATIN): readonly SpokenWord[] {
  const masked = maskMarkup(text);
  const words: OpenWord[] = [];
  let index = 0;
  /** Where the run of marks before the next word began; undefined after white space. */
  let openedAt: number | undefined;
  while (index < masked.length) {
    const mark = masked.charAt(index);
    if (SPACE.test(mark)) {
      if (mark === "\n") endLine(text, index, words.at(-1));
      openedAt = undefined;
      index += 1;
      continue;
    }
    const found = mark === SILENT ? undefined : speakAt(masked, index, words.at(-1));
    if (found === undefined) {
      const taken = mark !== SILENT && takeMark(masked, index, openedAt, words.at(-1));
      if (taken) openedAt = index + 1;
      else if (mark !== SILENT) openedAt ??= index;
      index += 1;
      continue;
    }
    const end = index + found.length;
    if (script.test(found.spoken)) {
      words.push({ start: openedAt ?? index, end, words: found.spoken, pause: "" });
      openedAt = end;
    }
    index = end;
  }
  endLine(text, text.length, words.at(-1));
  return words.map((word) => close(text, word));
}

function speakAt(
  masked: string,
  index: number,
  last: OpenWord | undefined,
): { spoken: string; length: number } | undefined {
  const previous = last === undefined ? "" : lastWritten(masked, last);
  for (const { pattern, speak } of RULES) {
    pattern.lastIndex = index;
    const match = pattern.exec(masked);
    if (match === null || match[0].replaceAll(SILENT, "") === "") continue;
    const spoken = speak(match, previous);
    if (spoken !== undefined) return { spoken, length: match[0].replace(/\0+$/, "").length };
  }
  return undefined;
}

/** The last word before the rule's match, in lower case, without marks. */
function lastWritten(masked: string, word: OpenWord): string {
  return (
    /\p{L}*(?=[^\p{L}]*$)/u.exec(
      masked.slice(Math.max(word.start, word.end - 40), word.end).toLowerCase(),
    )?.[0] ?? ""
  );
}

/** A mark may give the word before it a pause; whether it also becomes part of it, because it touches it. */
function takeMark(
  masked: string,
  index: number,
  openedAt: number | undefined,
  last: OpenWord | undefined,
): boolean {
  if (last === undefined) return false;
  const mark = masked.charAt(index);
  const dash = mark === "-" && !/[\p{L}\p{N}]/u.test(masked.charAt(index + 1));
  const pause = dash ? "," : (PAUSE_OF.get(mark) ?? (PAUSES.includes(mark) ? mark : ""));
  if (PAUSES.indexOf(pause) > PAUSES.indexOf(last.pause)) last.pause = pause;
  const touches = openedAt !== undefined && last.end === index && !/[\p{Ps}\p{Pi}]/u.test(mark);
  if (touches) last.end = index + 1;
  return touches;
}

/** Headings and list items end like sentences, with or without a period. */
function endLine(text: string, index: number, last: OpenWord | undefined): void {
  if (last === undefined || PAUSES.indexOf(last.pause) >= PAUSES.indexOf(":")) return;
  const lineStart = text.lastIndexOf("\n", index - 1) + 1;
  if (last.end <= lineStart) return;
  if (isItemLine(text, index)) last.pause = ".";
  else if (last.pause === "" && index < text.length) last.pause = ",";
}

function close(text: string, word: OpenWord): SpokenWord {
  const spoken = word.pause === "" ? word.words : word.words.replace(/[,;:.!?]$/, "") + word.pause;
  return {
    written: text.slice(word.start, word.end),
    writtenStart: word.start,
    writtenEnd: word.end,
    spoken,
  };
}
