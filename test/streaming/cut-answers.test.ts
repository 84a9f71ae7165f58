import { describe, expect, it } from "vitest";

import { textOf } from "../../streaming/chat-text.ts";
import { PLEA, withPleas } from "../../streaming/cut-answers.ts";
import { ConversationHistory } from "../../streaming/history.ts";

const said = (answer: string, next: string, isCut = true): string | undefined =>
  withPleas([
    { role: "user", text: "Why is the sky blue?" },
    { role: "assistant", text: answer, isCut },
    { role: "user", text: next },
  ]).at(-1)?.text;

describe("what is asked behind an answer", () => {
  const next = "Why is the grass green?";

  it.each([
    "The sky is blue because of the",
    "The sky,",
    "There are three:",
    "The **sea**",
    "The sea (the Atlantic)",
  ])(
    "that stopped in the middle (%s) asks for whole sentences, else it would stop there as well",
    (answer) => {
      expect(said(answer, next)).toBe(`${PLEA}${next}`);
    },
  );

  it.each(["It is so.", "Is it?", 'He said "no".', "**It is.**", "好的。", ""])(
    "that came to the end of a sentence (%s), or of which nothing was heard, stays as it was said",
    (answer) => {
      expect(said(answer, next)).toBe(next);
    },
  );

  it.each(["Leonardo da Vinci", "42", "1. Bread\n2. Milk", "Good 👍"])(
    "that is whole, if without a mark (%s), stays as it was said: who wants one word gets one",
    (answer) => {
      expect(said(answer, next, false)).toBe(next);
    },
  );

  it("gets the plea while it is being said, when it will be long enough with the next word", () => {
    expect(said("The sky is", "What time is")).toBe(`${PLEA}What time is`);
    expect(said("The sky is", "What time is it?")).toBe(`${PLEA}What time is it?`);
    expect(said("The sky is", "What time")).toBe("What time");
  });

  it.each([
    "Thank you very much.",
    "Please go on with that story.",
    "Just say yes or no.",
    "Why?",
    'And then what? [your last words were: "The sky"]',
  ])(
    "stays as it was said where it is too little to outweigh a plea, or asks for the words that were cut (%s)",
    (short) => {
      expect(said("The sky is", short)).toBe(short);
    },
  );

  it("is remembered without the plea, which stands in prompts only", () => {
    const history = new ConversationHistory("Be kind.");
    const cut = { text: "The sky is blue because of the", isCut: true, toolMessages: [] };
    history.add("Why is the sky blue?", [], cut);
    expect(history.withQuestion(next).at(-1)?.content).toBe(`${PLEA}${next}`);
    history.add(next, [], { text: "Because of chlorophyll.", toolMessages: [] });
    expect(history.withQuestion("And why are leaves red?").map(({ content }) => content)).toEqual([
      "Be kind.",
      "Why is the sky blue?",
      "The sky is blue because of the",
      `${PLEA}${next}`,
      "Because of chlorophyll.",
      "And why are leaves red?",
    ]);
    history.add("And of autumn?", [], { ...cut, text: "They lose" });
    history.append([{ role: "user", text: "How far is the Moon?" }]);
    expect(history.standing).toBe("How far is the Moon?");
    expect(history.asItStands().at(-1)?.content).toBe(`${PLEA}How far is the Moon?`);
  });

  it("counts where a long conversation is cut, else interruptions would double its prompts", () => {
    const history = new ConversationHistory("Be kind.");
    for (let turn = 0; turn < 60; turn++) {
      history.add(`And why is number ${turn} so?`, [], {
        text: "It is so as",
        isCut: true,
        toolMessages: [],
      });
      const letters = history.withQuestion("").reduce((sum, message) => sum + textOf(message).length, 0);
      expect(letters).toBeLessThan(1400);
    }
  });

  it("knows from elsewhere what was cut there", () => {
    const history = new ConversationHistory("Be kind.");
    history.replace([
      { role: "user", text: "Why is the sky blue?" },
      { role: "assistant", text: "The sky is", isCut: true },
      { role: "user", text: next },
    ]);
    expect(history.asItStands().at(-1)?.content).toBe(`${PLEA}${next}`);
  });
});
