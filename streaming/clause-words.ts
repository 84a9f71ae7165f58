/** What is known of words and signs where text is cut into clauses. */

/** Words that may open a new breath group, in English. */
export const SOFT_WORDS = new Set(
  (
    "and but or nor so yet because although though while when whenever where which who whose if unless until since " +
    "as than that after before during for of with without about into from through between by at on in to is are was were"
  ).split(" "),
);

/** Abbreviations that never end a sentence. */
export const OPEN_ABBREVIATIONS = new Set(
  "mr mrs ms dr prof st rev gen col sgt capt lt gov sen rep hon mt ft vs e.g i.e cf approx".split(" "),
);

/** Abbreviations that take a number. */
export const NUMBERED_ABBREVIATIONS = new Set("no nos fig figs vol p pp ch sec eq art".split(" "));

export const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
export const SPEAKABLE = /[\p{L}\p{N}]/u;
export const SPACE = /\s/;
export const FENCE = "```";

/** The run of characters other than white space that ends before `index`, without opening quotes and brackets. */
export function lastToken(text: string, index: number): string {
  const from = Math.max(0, index - 40);
  const token = /\S*$/.exec(text.slice(from, index))?.[0] ?? "";
  return token.replace(/^["'“‘([{*_`]+/, "");
}

/** Whether `word` before a period is a title, an initial, "U.S" or the number of a list item. */
export function endsOpen(text: string, index: number, word: string): boolean {
  if (OPEN_ABBREVIATIONS.has(word)) return true;
  if (word === "a.m" || word === "p.m") return false;
  if (/^(\p{L}\.)+\p{L}$/u.test(word)) return true;
  if (/^\p{Lu}$/u.test(text.charAt(index - 1)) && word.length === 1 && word !== "i") return true;
  return /^\d+$/.test(word) && text.slice(text.lastIndexOf("\n", index) + 1, index).trim() === word;
}
