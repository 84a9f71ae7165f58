import { describe, expect, it } from "vitest";

import { parseClassNames } from "../../../models/vit/class-names.ts";
import { findThing, knownThings } from "../../../models/vit/find-things.ts";
import { taughtClass } from "../../../models/vit/taught-things.ts";

const CLASSES = parseClassNames(
  JSON.stringify([
    { wnid: "n1", names: ["tabby", "tabby cat"], clear: "tabby", kinds: ["cat", "animal"] },
    { wnid: "n2", names: ["lynx"], clear: "lynx", kinds: ["cat", "animal"] },
    { wnid: "n3", names: ["coffee mug"], clear: "coffee mug", kinds: ["cup"] },
    { wnid: "n4", names: ["bus"], clear: "bus", kinds: ["vehicle"] },
    { wnid: "n5", names: ["groom"], clear: "bridegroom", kinds: ["person"] },
    ...Array.from({ length: 95 }, (_, index) => ({
      wnid: `m${index}`,
      names: [`thing number ${index}`],
      clear: `thing ${index}`,
      kinds: [],
    })),
  ]),
);
const KNOWN = knownThings(CLASSES);

/** Of a hundred classes each has a chance of 0.01. */
function evidence(parts: Partial<Record<"whole" | "left" | "middle" | "right", readonly number[]>>) {
  return (["whole", "left", "middle", "right"] as const).map((part) => {
    const probabilities = new Float32Array(CLASSES.length);
    probabilities.set(parts[part] ?? []);
    return probabilities;
  });
}

describe("a thing that is asked for by its name", () => {
  const TABBY_LEFT = evidence({ left: [0.6, 0.005], whole: [0.3] });

  it.each([
    ["Is there a tabby?", { name: "a tabby", isThere: true }],
    ["Is there a tabby cat in the picture?", { name: "a tabby cat", isThere: true }],
    ["Do you see a coffee mug?", { name: "a coffee mug", isThere: false }],
    ["Can you see any cats here?", { name: "cats", isThere: true }],
    ["Are there any buses in view?", { name: "buses", isThere: false }],
    ["So, is that a lynx?", { name: "a lynx", isThere: false }],
    ["Am I holding a Coffee Mug?", { name: "a coffee mug", isThere: false }],
    ["Is there a tabby on the left?", { name: "a tabby on the left", isThere: true }],
    ["Is there a tabby on the right side of the picture?", { name: "a tabby on the right", isThere: false }],
    ["Is there a tabby in the middle?", { name: "a tabby in the middle", isThere: false }],
    ["Is there an animal?", { name: "an animal", isThere: true }],
  ])("is known: %s", (question, found) => {
    expect(findThing(question, TABBY_LEFT, KNOWN)).toEqual(found);
  });

  it.each([
    "What is a tabby?",
    "Is there a unicorn?",
    "Is there a tabby that wears a hat?",
    "Is there a red bus?",
    "Is there a person in the picture?",
    "Do you see somebody?",
    "Is there a tabby in Germany?",
    "",
  ])("is not spoken for where it is none, or more than its name is asked: %s", (question) => {
    expect(findThing(question, TABBY_LEFT, KNOWN)).toBeUndefined();
  });

  it("is there from twice its chance on; a kind's is that of its classes together", () => {
    const at = (...whole: number[]) => evidence({ whole });
    expect(findThing("Is there a bus?", at(0, 0, 0, 0.019), KNOWN)?.isThere).toBe(false);
    expect(findThing("Is there a bus?", at(0, 0, 0, 0.021), KNOWN)?.isThere).toBe(true);
    expect(findThing("Is there a cat?", at(0.019, 0.019), KNOWN)?.isThere).toBe(false);
    expect(findThing("Is there a cat?", at(0.021, 0.021), KNOWN)?.isThere).toBe(true);
  });

  it("may be one that was taught", () => {
    const classes = [...CLASSES, taughtClass("my red bottle")];
    const known = knownThings(classes);
    const shown = (probability: number) =>
      evidence({}).map((part) => Float32Array.from([...part, probability]));
    const ask = (probability: number) => findThing("Do you see my red bottle?", shown(probability), known);
    expect(ask(0.9)).toEqual({ name: "my red bottle", isThere: true });
    expect(ask(0.3)?.isThere).toBe(false); // no chance is as little as that of a class among a hundred
  });

  it("is never there in pictures without evidence", () => {
    expect(findThing("Is there a bus?", [], KNOWN)).toBeUndefined();
  });
});
