import { expect, test } from "vitest";

import { seenWords } from "../../web/page/seen-words.ts";
import { wordsOf } from "../../web/page/words.ts";

const cup = { name: "cup", probability: 0.704 };
const view = { type: "view", labels: [cup], people: 0, isSure: true } as const;

test("what is seen is said with how certain it is, and with how many people are there", () => {
  expect(seenWords(view, wordsOf("en"))).toEqual(["cup: 70 %"]);
  expect(seenWords({ ...view, people: 2 }, wordsOf("zh"))).toEqual(["cup: 70 %", "人数: 2"]);
});

test("what is not certain is not passed off as certain", () => {
  expect(seenWords({ ...view, labels: [], isSure: false, kind: "dog" }, wordsOf("en"))).toEqual([
    "surely of this kind: dog",
    "nothing certain enough to be named",
  ]);
});
