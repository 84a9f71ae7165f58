import { afterEach } from "vitest";

import type { FakeAnswer } from "../../models/fakes/index.ts";
import type { ChatMessage, SessionModels, ToolBox } from "../../streaming/index.ts";
import { FakeConversation, settle } from "./fake-conversation.ts";

const open: FakeConversation[] = [];
afterEach(async () => {
  await Promise.all(
    open.splice(0).map(async (conversation) => {
      await conversation.close();
    }),
  );
});

/** A conversation whose language model answers by a table of last messages. */
export function converse(
  tools: ToolBox,
  script: Readonly<Record<string, FakeAnswer>>,
  overrides: Partial<SessionModels> = {},
): FakeConversation {
  const conversation = new FakeConversation(overrides);
  conversation.languageModel.answer = (text) => script[text] ?? "Yes.";
  conversation.session.push({ type: "configure", settings: { tools } });
  open.push(conversation);
  return conversation;
}

export async function type(conversation: FakeConversation, text: string, patienceMs = 3000): Promise<void> {
  conversation.session.push({ type: "text", text });
  await settle();
  await conversation.silence(patienceMs);
}

/** A call as the model makes it. */
export const call = (name: string, values: object = {}) => ({ name, arguments: JSON.stringify(values) });
export const answers = (conversation: FakeConversation): string[] =>
  conversation.of("answer-end").map(({ text }) => text);
export const lastPrompt = (conversation: FakeConversation): readonly ChatMessage[] =>
  conversation.languageModel.generations.at(-1)?.messages ?? [];
