import { expect, it } from "vitest";

import { FakeConversation, FRANCE, settle } from "../support/fake-conversation.ts";

/** Whether the one answer was begun before its turn was over. */
async function isAhead(ask: (conversation: FakeConversation) => Promise<void>): Promise<boolean> {
  const conversation = new FakeConversation();
  try {
    await ask(conversation);
    await conversation.silence(4000);
    const ends = conversation.of("answer-end");
    expect(ends).toHaveLength(1);
    return ends[0]?.isAhead ?? false;
  } finally {
    await conversation.close();
  }
}

it("tells of an answer whether it was begun before the turn was over, so that guesses are counted and nothing else", async () => {
  const spoken = isAhead(async (conversation) => {
    await conversation.say(FRANCE);
  });
  expect(await spoken).toBe(true);
  const typed = isAhead(async ({ session }) => {
    session.push({ type: "text", text: "And of Italy?" });
    await settle();
  });
  expect(await typed).toBe(false);
  const handedOver = isAhead(async (conversation) => {
    conversation.session.push({ type: "configure", settings: { turns: "manual" } });
    await conversation.say(FRANCE);
    conversation.session.push({ type: "commit" });
  });
  expect(await handedOver).toBe(false);
});
