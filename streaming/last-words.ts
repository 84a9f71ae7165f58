import { wordsOf } from "./monitor/index.ts";

/** What the note begins with. */
const LAST_WORDS = "[your last words were:";

/** As many words as one remembers of what one hears. */
const REMEMBERED_WORDS = 12;

/** Ways to ask what the assistant has just said; the first one also as it is misheard, without its beginning. */
const ASKS_FOR_LAST_WORDS: readonly RegExp[] = [
  /\bthe last (?:thing|words?|sentence|part|bit) (?:that )?you (?:just )?(?:said|say|were saying|told me)\b/u,
  /\bwhat (?:did you(?: just)? say|were you(?: just)? saying|you(?: just)? said|have you(?: just)? said)(?: (?:to me|just now|last|before|again|there|please))*$/u,
  /\b(?:say (?:that|it) (?:again|once more|one more time)|repeat (?:that|it|yourself|what you(?: just)? said))(?: (?:again|once more|one more time|please|for me))*$/u,
  /\bwhere (?:did you (?:stop|leave off|get to)|were you)$/u,
];

/**
 * A note for the language model that is asked what it said last; undefined where it is asked something else, or has said nothing.
 * Small models make such words up, above all where an answer was cut off in the middle of a sentence.
 */
export function lastWordsNote(question: string, lastAnswer: string): string | undefined {
  const asked = wordsOf(question).join(" ");
  if (!ASKS_FOR_LAST_WORDS.some((pattern) => pattern.test(asked))) return undefined;
  const words = lastAnswer.split(/\s+/u).filter(Boolean).slice(-REMEMBERED_WORDS).join(" ");
  return words === "" ? undefined : `${LAST_WORDS} "${words.replaceAll('"', "'")}"]`;
}
