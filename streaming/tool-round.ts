import type { ChatMessage, ToolCall } from "./contracts.ts";

/** Of a result, in characters: more would push the conversation out of the prompt. */
const RESULT_AT_MOST = 4000;

const NO_RESULT_YET = "There is no result yet.";

/** What the language model is told of a result. */
export function shortResult(text: string): string {
  return text.length > RESULT_AT_MOST ? `${text.slice(0, RESULT_AT_MOST)}…` : text;
}

/** What the language model called at one time, and what came of it. */
export class ToolRound {
  readonly calls: readonly ToolCall[];
  /** What the assistant said before. */
  readonly #said: string;
  readonly #results = new Map<string, string>();

  constructor(calls: readonly ToolCall[], said: string) {
    // Ids are the conversation's own: servers give the same one twice.
    this.calls = calls.map((call) => ({ ...call, id: `call_${crypto.randomUUID().replaceAll("-", "")}` }));
    this.#said = said;
  }

  settle(callId: string, text: string): void {
    this.#results.set(callId, text);
  }

  /** As they stand in a prompt: the calls and a result of each, in the calls' order. */
  get messages(): readonly ChatMessage[] {
    return [
      { role: "assistant", content: this.#said, toolCalls: this.calls },
      ...this.calls.map(({ id }): ChatMessage => ({
        role: "tool",
        content: this.#results.get(id) ?? NO_RESULT_YET,
        toolCallId: id,
      })),
    ];
  }
}
