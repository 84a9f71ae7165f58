import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { isAgreement } from "../../streaming/agreement-words.ts";

describe("a yes", () => {
  it.each([
    "Yes.",
    "Yes, please.",
    "Yeah, go ahead.",
    "Oh sure!",
    "OK.",
    "Okay, do it.",
    "Please do.",
    "Right.",
    "Yes, unlock the front door.",
  ])("is heard in %j, or nothing would ever be done", (words) => {
    expect(isAgreement(words)).toBe(true);
  });

  it.each([
    "No.",
    "",
    "Yes?",
    "Yes, but not the kitchen.",
    "Yes, and also the oven.",
    "Sure, why not.",
    "Wait.",
    "Okay, never mind, cancel that.",
    "I said yes to my wife.",
    "Yesterday it was open.",
    "What is the capital of France?",
    "Right, what time is it",
    "Yes I would like to know what the weather is going to be tomorrow",
  ])("is not heard in %j, or something would be done that nobody wants", (words) => {
    expect(isAgreement(words)).toBe(false);
  });

  it("is never heard together with a no", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom("no", "not", "don't", "stop", "wait"), (rest, no) => {
        expect(isAgreement(`yes ${rest} ${no}`)).toBe(false);
      }),
    );
  });
});
