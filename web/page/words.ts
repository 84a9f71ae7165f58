import { english, type Word } from "./words-en.ts";
import { chinese } from "./words-zh.ts";

export type { Word } from "./words-en.ts";
export type Language = "en" | "zh";

const DICTIONARIES: Record<Language, Record<Word, string>> = { en: english, zh: chinese };

/** The word in a language. */
export type Say = (word: Word) => string;

export function wordsOf(language: Language): Say {
  return (word) => DICTIONARIES[language][word];
}

/** Says why something of the browser's was refused; with the browser's own name of it where there are no words for that. */
export function refusal(say: Say, device: "mic" | "cam", name: string): string {
  const word = `${device}${name}`;
  return Object.hasOwn(english, word) ? say(word as Word) : `${say(`${device}other`)} (${name})`;
}
