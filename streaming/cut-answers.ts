/** A sentence that has ended, or what has none (a list in brackets, code, a table, a smile), and what may close behind it. */
const ENDED = /[\p{Sentence_Terminal}…\]}`|\p{Extended_Pictographic}]\p{M}*["'”’)\]}»」』*_~`\s]*$/u;

/** Scripts that have no mark for the end of a sentence. */
const UNMARKED = /[\p{Script=Thai}\p{Script=Lao}]\s*$/u;

/** Whether a text stops where a sentence does, as far as its script tells. */
export function endsSentence(text: string): boolean {
  return ENDED.test(text) || UNMARKED.test(text);
}

interface Said {
  readonly role: string;
  readonly text: string;
  readonly isCut?: boolean;
}

/**
 * Whether an answer among these was cut off in the middle of a sentence. Language models write as was written before: behind
 * such answers, they stop at the same word (docs/decisions/2026-12-01-cut-answers.md).
 */
export function hasCutAnswer(messages: readonly Said[]): boolean {
  return messages.some(
    ({ role, text, isCut }) => role === "assistant" && isCut === true && text !== "" && !endsSentence(text),
  );
}
