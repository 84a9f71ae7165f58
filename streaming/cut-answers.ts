import { LAST_WORDS } from "./last-words.ts";

/**
 * What the user asks behind an answer that stopped in the middle of a sentence begins with this in the prompt. Language models
 * write as was written before: without it, more than half of the answers to a question like the one before stop at the same word
 * (docs/decisions/2026-11-30-cut-answers.md). It stands before the question, as what is behind it could not be computed ahead.
 */
export const PLEA = "Sorry to interrupt; please answer in whole sentences. ";

/**
 * Shorter words ("Why?", "And then?") have less to say than the plea: it would be answered instead. What has not ended yet will be
 * a word longer.
 */
const ASKING_WORDS = 4;

/** A sentence that has ended, and what may close behind it. */
const ENDED = /[.!?…。！？｡]["'”’)\]}»」』*_~`\s]*$/u;

/** Wants no new sentence. */
const GOES_ON = /\b(?:thanks?|continue|carry on|go on|yes or no|one word)\b/iu;

interface Said {
  readonly role: string;
  readonly text: string;
  readonly isCut?: boolean;
}

/** The messages of a prompt, with the plea where an answer was cut off in the middle of a sentence. */
export function withPleas<Message extends Said>(messages: readonly Message[]): readonly Message[] {
  return messages.map((message, index) => {
    const before = messages[index - 1];
    const isBehindCut = before?.isCut === true && before.text !== "" && !ENDED.test(before.text);
    return isBehindCut && message.role === "user" && asks(message.text)
      ? { ...message, text: `${PLEA}${message.text}` }
      : message;
  });
}

/** Who asks for the last words wants those, whole or not. */
function asks(text: string): boolean {
  const words = text.trim().split(/\s+/u).length + (ENDED.test(text) ? 0 : 1);
  return words >= ASKING_WORDS && !GOES_ON.test(text) && !text.includes(LAST_WORDS);
}
