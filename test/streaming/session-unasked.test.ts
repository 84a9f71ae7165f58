import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { FakeSpeechRecognizer } from "../../models/fakes/index.ts";
import { AGREE, FRANCE, PHRASES, settle } from "../support/fake-conversation.ts";
import type { FakeConversation } from "../support/fake-conversation.ts";
import { FakeTools } from "../support/fake-tools.ts";
import { converse as converseSeeing } from "../support/seeing-conversation.ts";
import { answers, converse } from "../support/tool-conversation.ts";

const TEA = "The tea is ready.";
const LONG = "One two three four five six seven eight nine ten eleven twelve.";

/** The client sends no sound while this passes. */
async function wait(conversation: FakeConversation, durationMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 20) {
    conversation.clock.advance(20);
    await settle();
  }
}

describe("an assistant that has something to say unasked", () => {
  it("says it at once where nobody talks, without a word of a question", async () => {
    const conversation = converse(new FakeTools({}), {});
    conversation.session.push({ type: "say", text: TEA });
    await conversation.silence(3000);
    expect(answers(conversation)).toEqual([TEA]);
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
    conversation.session.push({ type: "say", text: TEA });
    await conversation.say(FRANCE, 400);
    await conversation.silence(4000);
    expect(answers(conversation)).toEqual(["Paris.", TEA]);
  });

  it("waits for the answer to what is typed over another one, also where that needs a look, or it is never heard", async () => {
    const { conversation, show } = converseSeeing();
    conversation.languageModel.answer = (question) => (question.includes("Tell me all.") ? LONG : "I see.");
    await show(50);
    conversation.session.push({ type: "text", text: "Tell me all." });
    await conversation.silence(600);
    conversation.session.push({ type: "say", text: TEA });
    conversation.session.push({ type: "text", text: "What is it?" });
    await conversation.silence(4000);
    expect(answers(conversation)).toEqual([expect.stringMatching(/^One/u), "I see.", TEA]);
  });

  it("says again what was stopped before a word of it was heard, and nothing of which one was", async () => {
    const conversation = converse(new FakeTools({}), { Hello: "Hello to you as well." });
    conversation.session.push({ type: "say", text: TEA });
    await settle();
    conversation.session.push({ type: "text", text: "Hello" });
    await conversation.silence(1400);
    expect(answers(conversation)).toEqual(["", "Hello to you as well."]);
    conversation.session.push({ type: "interrupt" });
    await conversation.silence(8000);
    expect(answers(conversation).slice(2)).toEqual([expect.stringMatching(/^The/u)]);
  });

  it("says again what a client held back until it was given up, ten times in all: some never play anything", async () => {
    const conversation = converse(new FakeTools({}), {});
    const begun = (): readonly number[] => conversation.of("answer-start").map(({ turn }) => turn);
    conversation.session.push({ type: "say", text: TEA });
    await settle();
    for (let passedMs = 0; passedMs < 150_000; passedMs += 20) {
      conversation.session.push({ type: "playback", turn: begun().at(-1) ?? 0, playedMs: 0 });
      await conversation.silence(20);
    }
    expect(answers(conversation)).toEqual(Array.from({ length: 10 }, () => ""));
    expect(begun()).toHaveLength(10);
  });

  it("says it to who comes back, also where they send no sound", async () => {
    const conversation = converse(new FakeTools({}), {});
    conversation.session.push({ type: "disconnected" });
    conversation.session.push({ type: "say", text: TEA });
    await wait(conversation, 3000);
    expect(conversation.of("answer-start")).toHaveLength(0);
    conversation.session.push({ type: "reconnected" });
    await wait(conversation, 3000);
    expect(answers(conversation)).toEqual([TEA]);
  });
});

const NOTES = ["Tea", "Rice", "Bread", "Soup", "Eggs", "Beans", "Fish", "Cake"].map(
  (food) => `${food} is ready.`,
);

describe("what is to be said unasked", () => {
  it("is heard once in the end, whatever is typed, said, shown or stopped meanwhile", async () => {
    const step = fc.constantFrom("note", "type", "stop", "talk", "show", "return", "wait");
    const steps = fc.array(step, { maxLength: NOTES.length });
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const { conversation, show } = converseSeeing();
        const { session } = conversation;
        const notes = NOTES.slice(0, taken.filter((one) => one === "note").length);
        const left = [...notes];
        for (const one of taken) {
          if (one === "note") session.push({ type: "say", text: left.shift() ?? "" });
          if (one === "type") session.push({ type: "text", text: "What is it?" });
          if (one === "stop") session.push({ type: "interrupt" });
          if (one === "talk") await conversation.say(FRANCE, 400);
          if (one === "show") await show(50);
          if (one === "return")
            for (const type of ["disconnected", "reconnected"] as const) session.push({ type });
          if (one === "wait") await conversation.silence(150);
        }
        await conversation.silence(9000 + 1000 * notes.length);
        const heard = answers(conversation).filter((text) => text !== "");
        expect(notes.map((note) => heard.filter((text) => note.startsWith(text)).length)).toEqual(
          notes.map(() => 1),
        );
        await conversation.close();
      }),
      { numRuns: 20 },
    );
  });
});

describe("who has asked for silence", () => {
  /** An answer is heard, and something else is to be said behind it. */
  async function answering(): Promise<FakeConversation> {
    const recognizer = new FakeSpeechRecognizer({ ...PHRASES, [AGREE]: "Stop." });
    const conversation = converse(new FakeTools({}), { "Tell me all.": LONG }, { recognizer });
    conversation.session.push({ type: "text", text: "Tell me all." });
    await conversation.silence(700);
    conversation.session.push({ type: "say", text: TEA });
    return conversation;
  }
  const begun = (conversation: FakeConversation): number => conversation.of("answer-start").length;

  it("by a button is not spoken to unasked for a while", async () => {
    const conversation = await answering();
    conversation.session.push({ type: "interrupt" });
    await conversation.silence(4500);
    expect(begun(conversation)).toBe(1);
    await conversation.silence(3000);
    expect(answers(conversation).at(-1)).toBe(TEA);
  });

  it("by a word neither", async () => {
    const conversation = await answering();
    await conversation.say(AGREE, 350);
    await conversation.silence(4500);
    expect(conversation.of("decision").at(-1)).toMatchObject({ kind: "stop" });
    expect(begun(conversation)).toBe(1);
    await conversation.silence(3000);
    expect(answers(conversation).at(-1)).toBe(TEA);
  });

  it("is spoken to behind the answer to what they ask next, however soon that is", async () => {
    const conversation = await answering();
    conversation.session.push({ type: "interrupt" });
    await conversation.silence(200);
    conversation.session.push({ type: "text", text: "Why?" });
    await conversation.silence(2500);
    expect(answers(conversation).slice(1)).toEqual(["Yes.", TEA]);
  });

  it("is told in the end also where they send no sound", async () => {
    const conversation = converse(new FakeTools({}), {});
    conversation.session.push({ type: "interrupt" });
    conversation.session.push({ type: "say", text: TEA });
    await wait(conversation, 4500);
    expect(begun(conversation)).toBe(0);
    await wait(conversation, 3000);
    expect(answers(conversation)).toEqual([TEA]);
  });
});
