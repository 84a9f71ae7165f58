import { describe, expect, it } from "vitest";

import { endsSentence } from "../../streaming/cut-answers.ts";
import { ConversationHistory } from "../../streaming/history.ts";

describe("a conversation", () => {
  const after = (text: string, isCut: boolean): ConversationHistory => {
    const history = new ConversationHistory("Be kind.");
    history.add("Why is the sky blue?", [], { text, isCut, toolMessages: [] });
    return history;
  };

  it.each([
    "The sky is blue because of the",
    "The sky,",
    "There are three:",
    "The **sea**",
    "The sea (the Atlantic)",
  ])(
    "whose answer stopped in the middle (%s) is known, else the next one would stop there as well",
    (text) => {
      expect(after(text, true).hasCutAnswer).toBe(true);
    },
  );

  it.each([
    "यह सच है।",
    "هل هذا صحيح؟",
    "ฟ้าเป็นสีฟ้า",
    "Well done 👍",
    "| 1 | 2 |",
    "It is so.",
    "Is it?",
    'He said "no".',
    "**It is.**",
    "好的。",
    '{"is": true}',
    "`tar x`",
    "",
  ])("whose answer came to the end of a sentence (%s), or was not heard, is none of those", (text) => {
    expect(after(text, true).hasCutAnswer).toBe(false);
  });

  it.each(["Leonardo da Vinci", "42", "1. Bread\n2. Milk", "Good 👍"])(
    "whose answer is whole, if without a mark (%s), is none: who wants one word gets one",
    (text) => {
      expect(after(text, false).hasCutAnswer).toBe(false);
    },
  );

  it("stays one for as long as the answer is in its prompts, also from elsewhere", () => {
    const history = after("The sky is", true);
    history.add("Why is the grass green?", [], { text: "Because of chlorophyll.", toolMessages: [] });
    expect(history.hasCutAnswer).toBe(true);
    history.replace([]);
    expect(history.hasCutAnswer).toBe(false);
    history.replace([{ role: "assistant", text: "The sky is", isCut: true }]);
    expect(history.hasCutAnswer).toBe(true);
  });

  it("shows in its prompts what was said and heard, and nothing else", () => {
    const history = after("The sky is", true);
    expect(history.withQuestion("And the grass?").map(({ content }) => content)).toEqual([
      "Be kind.",
      "Why is the sky blue?",
      "The sky is",
      "And the grass?",
    ]);
  });
});

it("is known to go on where two answers in a row become one, of which the later was cut, and not where the first was", () => {
  const joined = (first: string, isCut: boolean, second: string, isSecondCut: boolean): boolean => {
    const history = new ConversationHistory("Be kind.");
    history.replace([
      { role: "assistant", text: first, isCut },
      { role: "assistant", text: second, isCut: isSecondCut },
    ]);
    return history.hasCutAnswer;
  };
  expect(joined("The sky is blue.", false, "It is", true)).toBe(true);
  expect(joined("The sky is", true, "42", false)).toBe(false);
});

it("knows the end of a sentence behind what closes behind it", () => {
  expect(endsSentence('"Go!" (he said.) ')).toBe(true);
  expect(endsSentence("He said")).toBe(false);
});
