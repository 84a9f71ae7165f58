import { afterEach, describe, expect, it } from "vitest";

import { FakeSpeechRecognizer } from "../../models/fakes/index.ts";
import { AGREE, ANSWERS, FakeConversation, FRANCE, PHRASES, STOP } from "../support/fake-conversation.ts";

const open: FakeConversation[] = [];
function converse(...settings: ConstructorParameters<typeof FakeConversation>): FakeConversation {
  const conversation = new FakeConversation(...settings);
  open.push(conversation);
  return conversation;
}
afterEach(async () => {
  await Promise.all(
    open.splice(0).map(async (conversation) => {
      await conversation.close();
    }),
  );
});

describe("a conversation in which both speak at once", () => {
  it("goes on with its answer where the listener only agrees, and keeps all of it", async () => {
    const conversation = converse({
      recognizer: new FakeSpeechRecognizer({ ...PHRASES, [AGREE]: "Mm-hmm." }),
    });
    await conversation.say(FRANCE);
    await conversation.silence(700);
    await conversation.say(AGREE, 350);
    await conversation.silence(4500);
    expect(conversation.of("floor").map(({ level }) => level)).toEqual(["ducked", "paused", "full"]);
    expect(conversation.of("decision").at(-1)).toMatchObject({ turn: 2, kind: "backchannel" });
    expect(conversation.of("turn-dropped")).toMatchObject([{ turn: 2 }]);
    const text = ANSWERS["What is the capital of France?"];
    expect(conversation.of("answer-end")).toMatchObject([{ turn: 1, outcome: "completed", text }]);
    expect(conversation.of("answer-audio")).toHaveLength(120);
  });

  it("stops at the word, says nothing to it, and hears what comes next", async () => {
    const conversation = converse({
      recognizer: new FakeSpeechRecognizer({ ...PHRASES, [AGREE]: "Stop." }),
    });
    await conversation.say(FRANCE);
    await conversation.silence(700);
    await conversation.say(AGREE, 350);
    await conversation.silence(1000);
    expect(conversation.of("answer-end")).toMatchObject([{ turn: 1, outcome: "interrupted" }]);
    expect(conversation.of("decision").at(-1)).toMatchObject({ turn: 2, kind: "stop" });
    expect(conversation.languageModel.generations).toHaveLength(1);
    await conversation.say(STOP);
    await conversation.silence(1500);
    expect(conversation.of("answer-end").at(-1)).toMatchObject({ turn: 3, outcome: "completed" });
  });

  it("writes each answer on the other seat, so that one is always ready for the next question", async () => {
    const conversation = converse();
    for (const question of [FRANCE, STOP, FRANCE]) {
      await conversation.say(question);
      await conversation.silence(4000);
    }
    expect(conversation.of("answer-start").map(({ seat }) => seat)).toEqual([1, 0, 1]);
    const seats = conversation.languageModel.generations.map(({ seat }) => seat);
    expect(seats[0]).toBe(seats[2]);
    expect(seats[1]).not.toBe(seats[0]);
  });

  it("gets the other seat ready for the next question while the answer is still heard", async () => {
    const conversation = converse();
    await conversation.say(FRANCE);
    await conversation.silence(1000);
    expect(conversation.of("answer-end")).toHaveLength(0);
    const answering = conversation.languageModel.generations[0]?.seat;
    const ahead = conversation.languageModel.prefills.at(-1);
    expect(ahead?.seat).not.toBe(answering);
    expect(ahead?.messages.map(({ content }) => content)).toContain(ANSWERS[PHRASES[FRANCE]]);
  });
});
