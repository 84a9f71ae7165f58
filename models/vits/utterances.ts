import type { SpokenWord } from "../../streaming/index.ts";

/** Words that are synthesised in one go. */
export interface Utterance {
  readonly words: readonly SpokenWord[];
}

/** Encoder time grows with length; so many letters keep one run under 150 ms on two cores. */
const MOST_LETTERS = 160;
/** A character that stands for a syllable counts as a syllable of letters. */
const SYLLABIC = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;
/** A pause in the second part of a full utterance is a better place to cut than its end. */
const EARLIEST_PAUSE = 0.5;

/** Cuts spoken words into utterances: at the end of each sentence, and where a sentence is too long for one run. */
export function utterancesOf(words: readonly SpokenWord[]): Utterance[] {
  const utterances: Utterance[] = [];
  let open: SpokenWord[] = [];
  for (const word of words.map(shortened)) {
    if (open.length > 0 && letters(open) + letters([word]) > MOST_LETTERS) {
      const rest = open.splice(cutPlace(open));
      utterances.push({ words: open });
      open = rest;
    }
    open.push(word);
    if (!/[.!?]$/.test(word.spoken)) continue;
    utterances.push({ words: open });
    open = [];
  }
  if (open.length > 0) utterances.push({ words: open });
  return utterances;
}

function cutPlace(words: readonly SpokenWord[]): number {
  for (let count = words.length; count > words.length * EARLIEST_PAUSE; count -= 1) {
    if (/[,;:]$/.test(words[count - 1]?.spoken ?? "")) return count;
  }
  return words.length;
}

function letters(words: readonly SpokenWord[]): number {
  return words.reduce((sum, { spoken }) => sum + spoken.replace(SYLLABIC, "xxx").length + 1, 0);
}

/** One thing as written that takes longer to say than an utterance may last (a number of 500 digits) is not said to its end. */
function shortened(word: SpokenWord): SpokenWord {
  if (word.spoken.length <= MOST_LETTERS) return word;
  return { ...word, spoken: word.spoken.slice(0, MOST_LETTERS).replace(/(?<=.) \S*$/, "") };
}
