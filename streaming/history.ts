import type { ChatMessage } from "./contracts.ts";

/** What was said in a conversation, as both sides heard it. */
export class ConversationHistory {
  readonly #system: ChatMessage;
  #messages: ChatMessage[] = [];

  constructor(systemPrompt: string) {
    this.#system = { role: "system", content: systemPrompt };
  }

  /** The prompt's messages, with a question that is not yet part of the history. */
  withQuestion(question: string): readonly ChatMessage[] {
    return [this.#system, ...appended(this.#messages, { role: "user", content: question })];
  }

  /** Keeps a finished exchange. An answer of which nothing was heard leaves only the question. */
  add(question: string, heardAnswer: string): void {
    this.#messages = appended(this.#messages, { role: "user", content: question });
    if (heardAnswer !== "") this.#messages.push({ role: "assistant", content: heardAnswer });
  }
}

/** Two messages of one role in a row are one: a user who was cut off and went on has asked one question. */
function appended(messages: readonly ChatMessage[], message: ChatMessage): ChatMessage[] {
  const last = messages.at(-1);
  if (last?.role !== message.role) return [...messages, message];
  const content = `${last.content} ${message.content}`.trim();
  return [...messages.slice(0, -1), { ...last, content }];
}
