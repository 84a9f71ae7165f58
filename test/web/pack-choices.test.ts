import { expect, test } from "vitest";

import { packChoices } from "../../web/page/pack-choices.ts";
import { wordsOf } from "../../web/page/words.ts";

const models = { pack: "lite", languageModel: "small", elsewhere: false, voice: "joe" };
const packs = [
  { name: "embedded", languageModel: "large", bytes: 1_370_000_000 },
  { name: "lite", languageModel: "small", bytes: 250_000_000 },
];

test("every pack is offered with what answers in it and its size, and the one that runs is marked", () => {
  expect(packChoices({ ...models, packs }, wordsOf("en"))).toEqual([
    ["embedded", "embedded · large · 1.37 GB"],
    ["lite", "lite (runs) · small · 0.25 GB"],
  ]);
  expect(packChoices({ ...models, packs }, wordsOf("zh"))[1]?.[1]).toContain("运行中");
});

test("the pack that runs is shown where the server tells of no others, or does not count it among them", () => {
  expect(packChoices(models, wordsOf("en"))).toEqual([["lite", "lite (runs)"]]);
  const own = packChoices({ ...models, pack: "mine", packs }, wordsOf("en"));
  expect(own.map(([name]) => name)).toEqual(["mine", "embedded", "lite"]);
});
