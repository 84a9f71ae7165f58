import { SILENCE_NOTE, textOf } from "../../streaming/index.ts";
import type { ChatMessage, GenerateRequest, ToolSpec } from "../../streaming/index.ts";
import { toolNotice, toolsFor } from "./tool-gate.ts";

/** Of a tool's result in a prompt, in characters: a local context is small. */
const RESULT_AT_MOST = 1500;

/** Tools that are shown where one must be called and nothing tells which. */
const SHOWN_AT_MOST = 4;

/** A request as it is put to a model that is told of few tools, and only where it may need them. */
export interface ToolOffer {
  readonly messages: readonly ChatMessage[];
  /** Those that the prompt tells of. */
  readonly told: readonly ToolSpec[];
  /** Whether the answer must be a call, may be one, or must be words. */
  readonly call: "must" | "may" | "never";
}

/**
 * Decides by the question's words what is told of a request's tools. What is told stands behind the question, so that the
 * cache of all before it is used. Once there are results, they are to be spoken of: small models call without end.
 */
export function offerTools({
  messages,
  tools = [],
  toolChoice = "auto",
}: Pick<GenerateRequest, "messages" | "tools" | "toolChoice">): ToolOffer {
  const cut = messages.map(withShortResult);
  const asked = messages.findLastIndex(({ role }) => role === "user");
  const question = messages[asked];
  if (question === undefined || tools.length === 0 || toolChoice === "none")
    return { messages: cut, told: [], call: "never" };
  // Who says nothing asks for nothing.
  const asksFor = textOf(question).replace(SILENCE_NOTE, "");
  const matching = toolsFor(asksFor, tools);
  const told =
    typeof toolChoice === "object"
      ? tools.filter(({ name }) => name === toolChoice.name)
      : toolChoice === "required" && matching.length === 0
        ? tools.slice(0, SHOWN_AT_MOST)
        : matching;
  if (told.length === 0) return { messages: cut, told, call: "never" };
  const hasResults = messages.slice(asked).some(({ role }) => role === "tool");
  const first = toolChoice === "auto" ? "may" : "must";
  return {
    messages: cut.map((message, index) =>
      index === asked ? withNotice(message, toolNotice(told)) : message,
    ),
    told,
    call: hasResults ? "never" : first,
  };
}

function withNotice(message: ChatMessage, notice: string): ChatMessage {
  const { content } = message;
  if (typeof content === "string") return { ...message, content: content + notice };
  return { ...message, content: [...content, { type: "text", text: notice }] };
}

function withShortResult(message: ChatMessage): ChatMessage {
  return message.role === "tool"
    ? { ...message, content: textOf(message).slice(0, RESULT_AT_MOST) }
    : message;
}
