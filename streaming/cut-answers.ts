/** A sentence that has ended, or what has none (a list in brackets, code), and what may close behind it. */
const ENDED = /[.!?…。！？｡\]}`]["'”’)\]}»」』*_~`\s]*$/u;

/** Whether a text stops where a sentence does. */
export function endsSentence(text: string): boolean {
  return ENDED.test(text);
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
