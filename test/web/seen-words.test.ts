import { expect, test } from "vitest";

import { type SeenLine, seenWords } from "../../web/page/seen-words.ts";
import { wordsOf } from "../../web/page/words.ts";

const cup = { name: "cup", probability: 0.704 };
const view = { type: "view", labels: [cup], people: 0, isSure: true } as const;
const unsure = { ...view, labels: [], isSure: false, kind: "dog" } as const;

const read = (lines: readonly SeenLine[]): string[] =>
  lines.map(({ before, name, after }) => before + name + after);

test("what is seen is said with how certain it is, and with how many people are there", () => {
  expect(read(seenWords(view, wordsOf("en")))).toEqual(["cup: 70 %"]);
  expect(read(seenWords({ ...view, people: 2 }, wordsOf("zh")))).toEqual(["cup: 70 %", "人数: 2"]);
});

test("what is not certain is not passed off as certain", () => {
  expect(read(seenWords(unsure, wordsOf("en")))).toEqual([
    "surely of this kind: dog",
    "nothing certain enough to be named",
  ]);
});

test("only what models call a thing counts as English: the rest is in the language of the page", () => {
  const lines = [view, { ...unsure, people: 1 }].flatMap((seen) => seenWords(seen, wordsOf("zh")));
  expect(lines.map(({ name }) => name)).toEqual(["cup", "dog", "", ""]);
  for (const { before, after } of lines) expect(before + after).not.toMatch(/[a-z]/iu);
});
