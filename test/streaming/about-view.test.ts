import { describe, expect, test } from "vitest";

import { isAboutView, namesThing, pointsAtView } from "../../streaming/about-view.ts";
import { HELD_OUT_SENTENCES, KNOWN_SENTENCES, type ViewSentence } from "./about-view-sentences.ts";

function isJudgedRightly({ asked, names, isAboutView: expected }: ViewSentence): boolean {
  return isAboutView(asked, names) === expected;
}

describe("what is in view", () => {
  test.each(KNOWN_SENTENCES)("belongs to $asked, or does not: $isAboutView", (sentence) => {
    expect(isJudgedRightly(sentence)).toBe(true);
  });

  test("is left out of no question about it that the rule was not made with, and shown with few others", () => {
    const wrong = HELD_OUT_SENTENCES.filter((sentence) => !isJudgedRightly(sentence));
    expect(wrong.filter(({ isAboutView: expected }) => expected)).toEqual([]);
    expect(wrong.map(({ asked }) => asked.at(-1))).toEqual([
      "What language do they speak in Brazil?",
      'What does the word "ubiquitous" mean?',
      "Which is heavier, gold or silver?",
    ]);
  });

  test("belongs to a question that names one of the things in it, and to no other", () => {
    const question = ["How many legs does a spider have?"];
    const seen = ["garden spider", "spider web"].map((name) => isAboutView(question, [name]));
    expect(seen).toEqual([true, false]);
    expect(isAboutView(["Do frogs sing?"], ["tree frog"])).toBe(true);
  });

  test("belongs to it in the plural, too, but 'can' is mostly no tin", () => {
    expect(isAboutView(["How long do foxes live?"], ["red fox"])).toBe(true);
    expect(isAboutView(["Can penguins fly?"], ["garbage can"])).toBe(false);
  });

  test.each([
    "How many are red?",
    "What is broken?",
    "Is water boiling?",
    "Who is the tallest?",
    "Do people look happy?",
  ])("belongs to %j, which says of something only how it is", (question) => {
    expect(isAboutView([question], [])).toBe(true);
  });

  test("belongs to what is asked in a language whose words say nothing here", () => {
    const asked = [
      "Was ist das?",
      "Welche Farbe hat das Auto?",
      "\u8fd9\u662f\u4ec0\u4e48\uff1f",
      "Qu'est-ce que Marie fait?",
    ];
    expect(asked.filter((question) => !isAboutView([question], []))).toEqual([]);
  });

  test("belongs to a prompt without a question", () => {
    expect([isAboutView([], []), isAboutView([""], [])]).toEqual([true, true]);
  });
});

test("words point at what is in view, or name a thing in it or its kind", () => {
  expect(["What is this?", "Hello. Look at me!", "Who was Bach?"].map(pointsAtView)).toEqual([
    true,
    true,
    false,
  ]);
  const named = ["Two dogs bark.", "My sheep dog.", "It is dogged.", ""].map((text) =>
    namesThing(text, "sheep dog"),
  );
  expect(named).toEqual([true, true, false, false]);
});
