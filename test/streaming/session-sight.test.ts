import { describe, expect, it } from "vitest";

import { FRANCE, settle } from "../support/fake-conversation.ts";
import { converse, partsOf, PRINTED, QUESTION, questions } from "../support/seeing-conversation.ts";

describe("a conversation with a camera", () => {
  it("asks about what was in view when the words were spoken, not about what came after them", async () => {
    const { conversation, show } = converse("What is this?");
    await show(50);
    await conversation.say(FRANCE);
    await conversation.silence(40);
    await show(200); // the lure: before the answer begins, another picture
    await conversation.silence(1500);
    expect(questions(conversation)).toEqual([["frame 50", "What is this?"]]);
  });

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

  it.each(["What colour is it?", "Does it bite?", "How long do foxes live?", "And now?", "Why?"])(
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

  it("answers with a picture that was attached to the question, whatever that is about", async () => {
    const { conversation } = converse();
    conversation.session.see?.({ bytes: new Uint8Array(12).fill(50), ageMs: 0, isAttached: true });
    await conversation.say(FRANCE);
    await conversation.silence(1500);
    expect(questions(conversation)).toEqual([["frame 50", QUESTION]]);
  });

  it("begins the prompt of every question in the same way, so that a cache stays right", async () => {
    const { conversation, show } = converse();
    await show(50);
    await conversation.say(FRANCE);
    await conversation.silence(2500);
    const { prefills, generations } = conversation.languageModel;
    const systems = [...prefills.slice(-3), ...generations].map(({ messages }) => messages[0]?.content);
    expect(new Set(systems).size).toBe(1);
    expect(systems[0]).toContain("[camera:");
  });

  it("does not say that the camera is off where its first picture is only not known yet", async () => {
    const { conversation, sight, show } = converse("What do you see?");
    sight.decoder.decode = () => new Promise(() => undefined);
    await show(50);
    await conversation.say(FRANCE);
    await conversation.silence(3000);
    expect(questions(conversation)).toEqual([
      ["[the camera is on, but what it shows is not known yet]", "What do you see?"],
    ]);
  });

  it("says unasked what has nothing to do with what is in view", async () => {
    const { conversation, show } = converse();
    await show(50);
    conversation.session.push({ type: "text", text: "What is it?" });
    await conversation.silence(2500);
    conversation.session.push({ type: "say", text: "The tea is ready." });
    await conversation.silence(2500);
    conversation.session.push({ type: "text", text: "And its colour?" });
    await conversation.silence(1500);
    const prompt = conversation.languageModel.generations.at(-1)?.messages ?? [];
    expect(prompt.slice(1).map(({ role }) => role)).toEqual(["user", "assistant", "assistant", "user"]);
  });

  it("tries again to read what it could not read", async () => {
    const { conversation, reader, show } = converse();
    const read = reader.read.bind(reader);
    reader.read = () => Promise.reject(new Error("the eyes are gone"));
    await show(PRINTED);
    reader.read = read;
    conversation.session.push({ type: "text", text: "Read this sign." });
    await conversation.silence(1500);
    expect(questions(conversation).flat().join()).toContain("Exit");
  });

  it("shows a picture once, with the newest question about it, and keeps the one before a change", async () => {
    const { conversation, show } = converse();
    await show(50);
    conversation.session.push({ type: "text", text: "What is it?" });
    await conversation.silence(2500);
    conversation.session.push({ type: "text", text: "And its colour?" });
    await conversation.silence(2500);
    await show(200);
    conversation.session.push({ type: "text", text: "And now?" });
    await conversation.silence(2500);
    expect(questions(conversation)).toEqual([
      ["frame 50", "What is it?"],
      ["frame 50", "And its colour?"],
      ["frame 200", "And now?"],
    ]);
    const last = conversation.languageModel.generations.at(-1)?.messages ?? [];
    expect(last.map(partsOf).slice(1)).toEqual([
      ["What is it?"],
      ["I see."],
      ["frame 50", "And its colour?"],
      ["I see."],
      ["frame 200", "And now?"],
    ]);
    expect(partsOf(last[0])[0]).toContain("[camera:");
  });

  it("computes what a new scene costs before anybody asks about it", async () => {
    const { conversation, show } = converse();
    await show(50);
    await settle();
    expect(partsOf(conversation.languageModel.prefills.at(-1)?.messages.at(-1))[0]).toBe("frame 50");
  });

  it("says that a camera has stopped, or was never on, where somebody asks what can be seen", async () => {
    const { conversation, show } = converse();
    conversation.session.push({ type: "text", text: "What am I holding?" });
    await conversation.silence(1500);
    await show(50);
    await conversation.silence(6000);
    conversation.session.push({ type: "text", text: "And what do you see now?" });
    await conversation.silence(1500);
    expect(questions(conversation)).toEqual([
      ["[the camera is off: nothing can be seen]", "What am I holding?"],
      ["frame 50", "[the camera stopped 6 seconds ago]", "And what do you see now?"],
    ]);
  });

  it("reads what is printed when asked to, as a quotation that holds no control tokens' brackets", async () => {
    const { conversation, reader, show } = converse();
    await show(PRINTED);
    conversation.session.push({ type: "text", text: "Read this, please." });
    await conversation.silence(1500);
    expect(reader.calls).toBe(1);
    const [[, note] = []] = questions(conversation);
    expect(note).toContain("Exit");
    expect(note).not.toMatch(/[<>|]{2}/u);
  });

  it("answers by ear where a picture cannot be used, and tells that", async () => {
    const { conversation, show } = converse();
    await show(255);
    await conversation.say(FRANCE);
    await conversation.silence(1500);
    expect(conversation.of("error").map(({ code }) => code)).toEqual(["picture-unreadable"]);
    expect(questions(conversation)).toEqual([[QUESTION]]);
  });
});
