import { expect, test } from "vitest";

import { callsSomebody, isCall, namesAssistant } from "../../../streaming/monitor/names.ts";

test.each([
  "Mom, where are you?",
  "Hey John can you help",
  "Yes, honey, I will.",
  "Good night, kids!",
  "Come, Sarah.",
])("%j calls somebody", (text) => {
  expect(callsSomebody(text)).toBe(true);
});

test.each(["Who is Paul McCartney?", "Tell me of John, Paul and George.", "Will it rain?", "Mark", ""])(
  "%j calls nobody",
  (text) => {
    expect(callsSomebody(text)).toBe(false);
  },
);

test("the assistant is called, not spoken of", () => {
  expect(namesAssistant("Hey computer, what time is it?")).toBe(true);
  expect(namesAssistant("I bought a computer.")).toBe(false);
});

test.each(["Honey.", "Honey,", "Hey Tom!", "Oh, Anna?", "Mr. Miller.", "Okay, Mom."])(
  "%j calls somebody and says no more",
  (text) => {
    expect(isCall(text)).toBe(true);
  },
);

test.each(["", "Hello.", "Honey is sweet.", "Tom, come here.", "Hey computer.", "Miller.", "Thanks, mate."])(
  "%j is more than a call, or none",
  (text) => {
    expect(isCall(text)).toBe(false);
  },
);
