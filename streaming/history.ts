import type { ChatMessage } from "./contracts.ts";

/**
 * Beyond this much text the oldest turns are forgotten, down to the second figure: rarely and many at once, because
 * everything behind a cut must be computed again. English has about four letters to a token, and a token of the 1.5B costs a
 * fifth more time after 450 of them than after 60.
 */
const KEPT_CHARACTERS = 1200;
const KEPT_AFTER_CUT_CHARACTERS = 500;

/** What was said in a conversation, as both sides heard it. */
export class ConversationHistory {
  readonly #system: ChatMessage;
  #messages: readonly ChatMessage[] = [];

  constructor(systemPrompt: string) {
    this.#system = { role: "system", content: systemPrompt };
  }

  /** The prompt's messages, with a question that is not yet part of the history. */
  withQuestion(question: string): readonly ChatMessage[] {
    return [this.#system, ...appended(this.#messages, { role: "user", content: question })];
  }

  /** The history as it would be if no more of the answer were heard than this. */
  supposing(question: string, heardAnswer: string): ConversationHistory {
    const supposed = new ConversationHistory(this.#system.content);
    supposed.#messages = this.#messages;
    supposed.add(question, heardAnswer);
    return supposed;
  }

  /** Keeps a finished exchange. An answer of which nothing was heard leaves only the question. */
  add(question: string, heardAnswer: string): void {
    const asked = appended(this.#messages, { role: "user", content: question });
    const answered: readonly ChatMessage[] =
      heardAnswer === "" ? asked : [...asked, { role: "assistant", content: heardAnswer }];
    this.#messages = characters(answered) > KEPT_CHARACTERS ? newest(answered) : answered;
  }
}

/**
 * Two messages of one role in a row are one: a user who was cut off and went on has asked one question. What would make
 * it endless is left out at its beginning.
 */
function appended(messages: readonly ChatMessage[], message: ChatMessage): readonly ChatMessage[] {
  const last = messages.at(-1);
  if (last?.role !== message.role) return [...messages, message];
  const earlier = last.content.slice(-KEPT_AFTER_CUT_CHARACTERS);
  return [...messages.slice(0, -1), { ...last, content: `${earlier} ${message.content}`.trim() }];
}

/** The newest turns, beginning with a question; the last turn stays whatever its length. */
function newest(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const starts = messages.flatMap(({ role }, index) => (role === "user" ? [index] : []));
  const fits = starts.find((start) => characters(messages.slice(start)) <= KEPT_AFTER_CUT_CHARACTERS);
  return messages.slice(fits ?? starts.at(-1));
}

function characters(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { content }) => sum + content.length, 0);
}
