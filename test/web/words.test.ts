import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { errorWords } from "../../web/page/error-words.ts";
import { refusal, wordsOf } from "../../web/page/words.ts";

/** The closed list, as the document has it, which is held to the list itself elsewhere. */
const codes = [
  ...readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8").matchAll(/^\| `([a-z-]+)`/gmu),
].map((match) => match[1]!);

test.each(["en", "zh"] as const)("every error code of the server has words of its own in %s", (language) => {
  expect(codes.length).toBeGreaterThan(40);
  const words = codes.map((code) => errorWords(language, code));
  expect(codes.filter((_, index) => words[index] === undefined)).toEqual([]);
  // A row that was copied and not translated shows here.
  for (const word of words) expect(/\p{Script=Han}/u.test(word!)).toBe(language === "zh");
});

test("a code that is none of the list has no words, whatever it is called", () => {
  for (const code of ["", "dance", "toString", "__proto__", "constructor"])
    expect(errorWords("en", code)).toBeUndefined();
});

test("what the browser refuses for a reason that nobody foresaw is said with the reason's name", () => {
  const [english, chinese] = [wordsOf("en"), wordsOf("zh")];
  expect(refusal(english, "cam", "AbortError")).toBe(
    "The browser could not show this. Try it again. (AbortError)",
  );
  expect(refusal(chinese, "mic", "AbortError")).toBe(
    "浏览器无法打开麦克风。请重试。期间可以打字。 (AbortError)",
  );
  expect(refusal(english, "cam", "not-a-picture")).toMatch(/no picture that the browser reads/u);
  for (const device of ["mic", "cam"] as const)
    expect(refusal(english, device, "unsupported")).toMatch(/https or localhost/u);
});
