import { expect, test } from "vitest";

import { cleanTypedText } from "../../src/typed-text.ts";

test("control characters and broken surrogates do not reach the models", () => {
  expect(cleanTypedText(" what\u0000\u001B[31m is\r\n\tthat\uD800? ", 100)).toBe("what [31m is that ?");
});

test("letters of every script and emoji are kept", () => {
  expect(cleanTypedText("你好 👩‍🚀 naïve", 100)).toBe("你好 👩‍🚀 naïve");
});

test.each(["", "   ", "\u0000\u0007\n"])("a text with nothing to read in it is refused: %j", (text) => {
  expect(() => cleanTypedText(text, 100)).toThrow(expect.objectContaining({ code: "text-empty" }));
});

test("a text is refused from the first character too many", () => {
  expect(cleanTypedText("a".repeat(4000), 4000)).toHaveLength(4000);
  expect(() => cleanTypedText("a".repeat(4001), 4000)).toThrow(
    expect.objectContaining({ code: "text-too-long" }),
  );
});
