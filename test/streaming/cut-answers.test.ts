import { describe, expect, it } from "vitest";

import { PLEA, withPleas } from "../../streaming/cut-answers.ts";
import { ConversationHistory } from "../../streaming/history.ts";

const said = (text: string, answer: string, next: string): string | undefined =>
  withPleas([
    { role: "user", text },
    { role: "assistant", text: answer },
    { role: "user", text: next },
  ]).at(-1)?.text;

describe("what is asked behind an answer", () => {
  const next = "Why is the grass green?";

  it.each(["The sky is blue because of the", "The sky,", "Leonardo da Vinci"])(
    "that stopped in the middle (%s) asks for whole sentences, else it would stop there as well",
    (answer) => {
      expect(said("Why?", answer, next)).toBe(`${PLEA}${next}`);
    },
  );

  it.each([
    "It is so.",
    "Is it?",
    'He said "no".',
    "It is 5 p.m. (today)",
    "好的。",
    "Good 👍",
    "```\nx\n```",
    "",
  ])("that came to its end (%s), or of which nothing was heard, stays as it was said", (answer) => {
    expect(said("Why?", answer, next)).toBe(next);
  });

  it.each(["Thank you.", "Please continue.", "Why?", 'And then what? [your last words were: "The sky"]'])(
    "stays as it was said where it is too little to outweigh a plea, or asks for the words that were cut (%s)",
    (short) => {
      expect(said("Why?", "The sky is", short)).toBe(short);
    },
  );

  it("is remembered without the plea, which stands in prompts only", () => {
    const history = new ConversationHistory("Be kind.");
    history.add("Why is the sky blue?", [], { text: "The sky is blue because of the", toolMessages: [] });
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
    expect(history.standing).toBe("");
  });
});
