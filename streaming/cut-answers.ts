import { LAST_WORDS } from "./last-words.ts";

/**
 * What the user asks behind an answer that stopped in the middle of a sentence begins with this in the prompt. Language models
 * write as was written before: without it, more than half of the answers to a question like the one before stop at the same word
 * (docs/decisions/2026-11-30-cut-answers.md). It stands before the question, as what is behind it could not be computed ahead.
 */
export const PLEA = "Sorry to interrupt; please answer in whole sentences. ";

/** Shorter words ("Thank you.", "Please continue.") have less to say than the plea: it would be answered instead. */
const ASKING_WORDS = 4;

/** A sentence that has ended, and what may close behind it. */
const ENDED = /[.!?…。！？｡:;)\]}"'”’»」』`*~\p{Extended_Pictographic}]\s*$/u;

/** The messages of a prompt, with the plea where an answer was cut off. */
export function withPleas<Message extends { readonly role: string; readonly text: string }>(
  messages: readonly Message[],
): readonly Message[] {
  return messages.map((message, index) => {
    const before = messages[index - 1];
    const isBehindCut = before?.role === "assistant" && before.text !== "" && !ENDED.test(before.text);
    return isBehindCut && message.role === "user" && asks(message.text)
      ? { ...message, text: `${PLEA}${message.text}` }
      : message;
  });
}

/** Who asks for the last words wants those, whole or not. */
function asks(text: string): boolean {
  return text.trim().split(/\s+/u).length >= ASKING_WORDS && !text.includes(LAST_WORDS);
}
