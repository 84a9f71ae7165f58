/** Differences between what was said and what was understood. */
export interface WordErrors {
  /** Words wrong, missing or added: the least number of edits. */
  readonly errors: number;
  /** Words that were said. */
  readonly words: number;
}

const NUMBERS: readonly string[] = [
  ..."zero one two three four five six seven eight nine ten eleven twelve thirteen".split(" "),
  ..."fourteen fifteen sixteen seventeen eighteen nineteen twenty".split(" "),
];

/** Lower case, without punctuation, small numbers as words: what tells two texts apart for a listener. */
function plainWords(text: string): string[] {
  const lower = text.toLowerCase().replaceAll("'", "");
  const words = lower.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.map((word) => (/^\d{1,2}$/u.test(word) ? (NUMBERS[Number(word)] ?? word) : word));
}

/** Word errors by edit distance (Levenshtein), as word error rates are counted everywhere. */
export function wordErrors(truth: string, heard: string): WordErrors {
  const said = plainWords(truth);
  const understood = plainWords(heard);
  let row = Array.from({ length: understood.length + 1 }, (_, column) => column);
  for (const [index, word] of said.entries()) {
    const next = [index + 1];
    for (const [column, other] of understood.entries()) {
      const substituted = (row[column] ?? 0) + (word === other ? 0 : 1);
      next.push(Math.min(substituted, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return { errors: row.at(-1) ?? 0, words: said.length };
}

/** Characters wrong, missing or added (Levenshtein). */
export function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let at = 0; at < one.length; at++) {
    const next = [at + 1];
    for (let column = 0; column < other.length; column++) {
      const substituted = (row[column] ?? 0) + (one[at] === other[column] ? 0 : 1);
      next.push(Math.min(substituted, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** Share of the words that are wrong, over several texts. */
export function wordErrorRate(all: readonly WordErrors[]): number {
  const sum = (key: keyof WordErrors): number => all.reduce((total, errors) => total + errors[key], 0);
  return sum("errors") / Math.max(1, sum("words"));
}

/** Whether an answer holds one of the words (or sequences of words) that a right answer must hold. */
export function holdsKeyWord(answer: string, keyWords: readonly string[]): boolean {
  const text = ` ${plainWords(answer).join(" ")} `;
  return keyWords.some((keyWord) => text.includes(` ${plainWords(keyWord).join(" ")} `));
}
