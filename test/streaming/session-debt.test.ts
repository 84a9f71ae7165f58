import { afterEach, describe, expect, it } from "vitest";

import { FakeSpeechRecognizer } from "../../models/fakes/index.ts";
import { AGREE, FakeConversation, FRANCE, PHRASES, settle, STOP } from "../support/fake-conversation.ts";

const open: FakeConversation[] = [];
afterEach(async () => {
  await Promise.all(
    open.splice(0).map(async (conversation) => {
      await conversation.close();
    }),
  );
});

describe("an answer that is owed behind the one that is heard", () => {
  /** The user has asked something else into an answer, and speaks beyond its end. */
  async function owing(recognizer: FakeSpeechRecognizer): Promise<FakeConversation> {
    const conversation = new FakeConversation({ recognizer });
    open.push(conversation);
    const manners = { overlap: "answered-after" } as const;
    conversation.session.push({ type: "configure", settings: { manners } });
    await conversation.say(FRANCE);
    await conversation.silence(700);
    await conversation.say(STOP, 600);
    await conversation.silence(600);
    expect(conversation.of("debt")).toEqual([{ type: "debt", isOwed: true }]);
    await conversation.say(AGREE, 1500);
    expect(conversation.of("answer-end")).toHaveLength(1);
    return conversation;
  }

  it("is told of until it is given", async () => {
    const conversation = await owing(new FakeSpeechRecognizer({ ...PHRASES, [AGREE]: "And of Spain?" }));
    await conversation.silence(3000);
    expect(conversation.of("debt").map(({ isOwed }) => isOwed)).toEqual([true, false]);
    expect(conversation.of("answer-start")).toHaveLength(2);
  });

  it("is told to be none any more where the user wants silence, by word or by a button", async () => {
    const recognizer = new FakeSpeechRecognizer({ ...PHRASES, [AGREE]: "Stop." });
    const said = await owing(recognizer);
    await said.silence(3000);
    const pressed = await owing(recognizer);
    pressed.session.push({ type: "interrupt" });
    await settle();
    for (const conversation of [said, pressed]) {
      expect(conversation.of("debt").map(({ isOwed }) => isOwed)).toEqual([true, false]);
      expect(conversation.of("answer-start")).toHaveLength(1);
    }
  });
});
