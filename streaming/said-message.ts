import type { ChatMessage } from "./contracts.ts";
import { NOTHING_SEEN } from "./seen.ts";
import type { Seen } from "./seen.ts";
import type { ContextMessage } from "./session-events.ts";
import { shortResult } from "./tool-round.ts";

/** A message, and what was in view of the one who said it. */
export interface SaidMessage {
  readonly role: ChatMessage["role"];
  readonly text: string;
  readonly seen: Seen;
  /** Of an answer that was not written, or not heard, to its end. */
  readonly isCut?: boolean;
  /** Of a message in which tools are called, or one of them has told something. */
  readonly tool?: Pick<ChatMessage, "toolCalls" | "toolCallId">;
}

export function messageOf({ role, text, seen, tool }: SaidMessage): ChatMessage {
  return { role, content: seen.length === 0 ? text : [...seen, { type: "text", text }], ...tool };
}

export function saidElsewhere(message: ContextMessage): SaidMessage {
  const seen = NOTHING_SEEN;
  switch (message.role) {
    case "tool":
      return {
        role: "tool",
        text: shortResult(message.text),
        seen,
        tool: { toolCallId: message.toolCallId },
      };
    case "user":
      return { ...message, seen };
    case "assistant": {
      const { toolCalls = [], ...said } = message;
      return { ...said, seen, ...(toolCalls.length > 0 && { tool: { toolCalls } }) };
    }
  }
}

/** How much of a prompt they are. */
export function characters(messages: readonly SaidMessage[]): number {
  return messages.reduce((sum, { text, tool }) => sum + text.length + callCharacters(tool?.toolCalls), 0);
}

function callCharacters(calls: ChatMessage["toolCalls"] = []): number {
  return calls.reduce((sum, { name, arguments: json }) => sum + name.length + json.length, 0);
}
