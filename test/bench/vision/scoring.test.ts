import { describe, expect, test } from "vitest";

import { yesOrNo } from "../../../bench/vision/collages.ts";
import { indexOfBest, scoreGuesses } from "../../../bench/vision/encoder.ts";
import { isNamed } from "../../../bench/vision/eyes.ts";
import { judge } from "../../../bench/vision/photos.ts";
import { editDistance } from "../../../bench/scoring.ts";

describe("what counts as naming a thing", () => {
  test.each([
    ["its whole name", "An American alligator.", ["American alligator"], true],
    ["its last word, of several", "Two poodles.", ["standard poodle"], true],
    ["another case and a full stop", "SEA LION.", ["sea lion"], true],
    ["a part of another word", "A catalogue.", ["cat"], false],
    ["its first word alone", "The sea.", ["sea lion"], false],
    ["the end of a word with a hyphen", "It is off the road.", ["cliff", "drop-off"], false],
  ])("%s", (_, text, names, expected) => {
    expect(isNamed(text, names)).toBe(expected);
  });

  test.each([
    ["I see a banana.", "name"],
    ["Some fruit.", "kind"],
    ["I am not sure what it is.", "unsure"],
    ["I see a blurry image.", "unsure"],
    ["A hammer.", "wrong"],
    ["I am not sure, a banana perhaps.", "name"],
  ] as const)("%s: %s", (answer, verdict) => {
    expect(judge(answer, ["banana"], ["fruit"])).toBe(verdict);
  });
});

test.each([
  ["Yes, there is.", "yes"],
  ["There is a dog in it.", "yes"],
  ["no", "no"],
  ['"No."', "no"],
  ["There is no dog.", "no"],
  ["There are not any.", "no"],
  ["I don't see a dog.", "no"],
  ["The camera does not show a dog.", "no"],
  ["The user's camera Doesn't Show a Dog.", "no"],
  ["The user's camera shows a dog.", "yes"],
  ["The camera shows a moving van.", undefined],
  ["Nobody is there.", undefined],
  ["A dog.", undefined],
  ["", undefined],
])("whether there is one: %s: %s", (answer, said) => {
  expect(yesOrNo(answer, "Dog")).toBe(said);
});

test("the encoder and its stem are scored apart, and beside each other", () => {
  const guesses = [
    { shown: "cat", encoder: "cat", stem: "cat" },
    { shown: "cat", encoder: "cat", stem: "dog" },
    { shown: "cat", encoder: "dog", stem: "dog" },
    { shown: "cat", encoder: "cow", stem: "cat" },
  ];
  expect(scoreGuesses(guesses)).toEqual({ encoder: 2, stem: 2, same: 2 });
  expect(indexOfBest([-3, 2, 5, 5, 1])).toBe(2);
});

test("characters that are wrong, missing or added count once each", () => {
  expect([
    editDistance("kettle", "kettle"),
    editDistance("kettle", "cattle"),
    editDistance("kettle", "kete"),
    editDistance("", "two"),
  ]).toEqual([0, 2, 2, 3]);
});
