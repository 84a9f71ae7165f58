import { describe, expect, it } from "vitest";

import { FRANCE, settle } from "../support/fake-conversation.ts";
import { converse, partsOf, QUESTION, questions } from "../support/seeing-conversation.ts";

describe("what is asked after something else, with a camera on", () => {
  it("answers what is about something else without the picture, also the one that a question before has", async () => {
    const { conversation, show } = converse();
    await show(50);
    conversation.session.push({ type: "text", text: "What is it?" });
    await conversation.silence(2500);
    await conversation.say(FRANCE);
    await conversation.silence(2500);
    await show(50);
    conversation.session.push({ type: "text", text: "And what do you see now?" });
    await conversation.silence(1500);
    expect(questions(conversation)).toEqual([
      ["frame 50", "What is it?"],
      [QUESTION],
      ["frame 50", "And what do you see now?"],
    ]);
    const [, about] = conversation.languageModel.generations;
    expect(about?.messages.flatMap(partsOf).filter((part) => part.startsWith("frame"))).toEqual([]);
  });

  it.each(["How big is it?", "Does it bite?", "How long do foxes live?", "And now?", "Why?"])(
    "shows a follow-up (%s) what is in view by then, behind what was in view before",
    async (followUp) => {
      const { conversation, sight, show } = converse(followUp);
      sight.sight.seen = (grey) => (grey === 50 ? "red fox" : "coffee mug");
      await show(50);
      conversation.session.push({ type: "text", text: "What is this?" });
      await conversation.silence(2500);
      await show(200);
      await conversation.say(FRANCE);
      await conversation.silence(1500);
      const asked = conversation.languageModel.generations.at(-1)?.messages ?? [];
      expect(asked.slice(1).map(partsOf)).toEqual([
        ["frame 50", "What is this?"],
        ["I see."],
        ["frame 200", followUp],
      ]);
    },
  );

  it("says to a follow-up that what is in view is not known yet, or the picture before would be taken for it", async () => {
    const { conversation, sight, show } = converse("What colour is it?");
    await show(50);
    conversation.session.push({ type: "text", text: "What is this?" });
    await conversation.silence(2500);
    sight.sight.look = () => new Promise(() => undefined);
    await show(200);
    await conversation.say(FRANCE);
    await conversation.silence(3000);
    expect(questions(conversation).at(-1)).toEqual([
      "[the camera is on, but what it shows is not known yet]",
      "What colour is it?",
    ]);
  });

  it("tells two pictures apart that come while nobody sends sound", async () => {
    const { conversation, show } = converse();
    const wait = async (): Promise<void> => {
      for (let step = 0; step < 100; step++) {
        conversation.clock.advance(20);
        await settle();
      }
    };
    await show(50);
    conversation.session.push({ type: "text", text: "What is this?" });
    await wait();
    await show(200);
    conversation.session.push({ type: "text", text: "What has changed?" });
    await wait();
    const asked = conversation.languageModel.generations.at(-1)?.messages ?? [];
    expect(asked.slice(1).map(partsOf)).toEqual([
      ["frame 50", "What is this?"],
      ["I see."],
      ["frame 200", "What has changed?"],
    ]);
  });

  it("shows a picture once, with the newest question about it, and keeps the one before a change", async () => {
    const { conversation, show } = converse();
    await show(50);
    conversation.session.push({ type: "text", text: "What is it?" });
    await conversation.silence(2500);
    conversation.session.push({ type: "text", text: "And its size?" });
    await conversation.silence(2500);
    await show(200);
    conversation.session.push({ type: "text", text: "And now?" });
    await conversation.silence(2500);
    expect(questions(conversation)).toEqual([
      ["frame 50", "What is it?"],
      ["frame 50", "And its size?"],
      ["frame 200", "And now?"],
    ]);
    const last = conversation.languageModel.generations.at(-1)?.messages ?? [];
    expect(last.map(partsOf).slice(1)).toEqual([
      ["What is it?"],
      ["I see."],
      ["frame 50", "And its size?"],
      ["I see."],
      ["frame 200", "And now?"],
    ]);
    expect(partsOf(last[0])[0]).toContain("[camera:");
  });
});
