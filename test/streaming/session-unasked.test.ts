import { describe, expect, it } from "vitest";

import { FRANCE, settle } from "../support/fake-conversation.ts";
import { FakeTools } from "../support/fake-tools.ts";
import { answers, converse } from "../support/tool-conversation.ts";

describe("an assistant that has something to say unasked", () => {
  it("says it at once where nobody talks, without a word of a question", async () => {
    const conversation = converse(new FakeTools({}), {});
    conversation.session.push({ type: "say", text: "The tea is ready." });
    await conversation.silence(3000);
    expect(answers(conversation)).toEqual(["The tea is ready."]);
    expect(conversation.of("transcript-end")).toHaveLength(0);
    expect(conversation.languageModel.generations).toHaveLength(0);
  });

  it("waits until its own answer is over, then says one thing after the other", async () => {
    const conversation = converse(new FakeTools({}), { Hello: "Hello to you as well." });
    conversation.session.push({ type: "text", text: "Hello" });
    await settle();
    conversation.session.push({ type: "say", text: "One." });
    conversation.session.push({ type: "say", text: "Two." });
    await conversation.silence(6000);
    expect(answers(conversation)).toEqual(["Hello to you as well.", "One.", "Two."]);
    expect(conversation.of("answer-end").every(({ outcome }) => outcome === "completed")).toBe(true);
  });

  it("waits until the user has finished, and has had an answer", async () => {
    const conversation = converse(new FakeTools({}), { "What is the capital of France?": "Paris." });
    await conversation.say(FRANCE, 400);
    conversation.session.push({ type: "say", text: "The tea is ready." });
    await conversation.say(FRANCE, 400);
    await conversation.silence(4000);
    expect(answers(conversation)).toEqual(["Paris.", "The tea is ready."]);
  });
});
