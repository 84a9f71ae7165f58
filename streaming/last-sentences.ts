/** So many are looked at, from the end, and none that is longer: what is looked for in them takes its time. */
const SENTENCES = 8;
const SENTENCE_LENGTH = 120;

/** The last sentences of a text, the last one first, without their marks; a text may be megabytes. */
export function lastSentences(text: string): readonly string[] {
  return text
    .slice(-SENTENCES * (SENTENCE_LENGTH + 1))
    .split(/[.!?\n]+/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "" && sentence.length <= SENTENCE_LENGTH)
    .slice(-SENTENCES)
    .reverse();
}
