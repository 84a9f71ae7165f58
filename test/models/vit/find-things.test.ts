import { describe, expect, it } from "vitest";

import { parseClassNames } from "../../../models/vit/class-names.ts";
import { findThing, knownThings } from "../../../models/vit/find-things.ts";
import { taughtClass } from "../../../models/vit/taught-things.ts";

/** A thousand, as the encoder has them: the chance of each is 0.001. */
const CLASSES = parseClassNames(
  JSON.stringify([
    { wnid: "n1", names: ["tabby", "tabby cat"], clear: "tabby cat", kinds: ["cat", "animal"] },
    { wnid: "n2", names: ["lynx"], clear: "lynx", kinds: ["cat", "animal"] },
    { wnid: "n3", names: ["coffee mug"], clear: "coffee mug", kinds: ["cup"] },
    { wnid: "n4", names: ["bus"], clear: "bus", kinds: ["vehicle"] },
    { wnid: "n5", names: ["groom"], clear: "bridegroom", kinds: ["person"] },
    { wnid: "n6", names: ["promontory", "headland", "head"], clear: "promontory", kinds: [] },
    ...Array.from({ length: 994 }, (_, index) => ({
      wnid: `m${index}`,
      names: [`thing number ${index}`],
      clear: `thing ${index}`,
      kinds: [],
    })),
  ]),
);
const KNOWN = knownThings(CLASSES);

function evidence(parts: Partial<Record<"whole" | "left" | "middle" | "right", readonly number[]>>) {
  return (["whole", "left", "middle", "right"] as const).map((part) => {
    const probabilities = new Float32Array(CLASSES.length);
    probabilities.set(parts[part] ?? []);
    return probabilities;
  });
}

const at = (...whole: number[]) => evidence({ whole });

describe("a thing that is asked for by its name", () => {
  const other = [0, 0, 0, 0, 0, 0, 0.5];
  const TABBY_LEFT = evidence({ left: [0.6, 0.005], whole: [0.3], middle: other, right: other });

  it.each([
    ["Is there a tabby?", { name: "a tabby", isThere: true }],
    ["Is there a tabby cat in the picture?", { name: "a tabby cat", isThere: true }],
    ["Do you see a coffee mug?", { name: "a coffee mug", isThere: false }],
    ["Can you see any cats here?", { name: "cats", isThere: true }],
    ["Do you see cats?", { name: "cats", isThere: true }],
    ["Are there any buses in view?", { name: "buses", isThere: false }],
    ["So, is that a lynx?", { name: "a lynx", isThere: false }],
    ["Am I holding a Coffee Mug in my left hand, Antiphon?", { name: "a coffee mug", isThere: false }],
    ["Is there a tabby on the left?", { name: "a tabby on the left", isThere: true }],
    ["Is there a bus in the picture on the left-hand side?", { name: "a bus on the left", isThere: false }],
    [
      "Is there a tabby cat on the right side of the picture?",
      { name: "a tabby cat on the right", isThere: false },
    ],
    ["Is there a bus in the middle?", { name: "a bus in the middle", isThere: false }],
    ["Look at this. Is there a bus? Answer yes or no.", { name: "a bus", isThere: false }],
    ["Is there also a bus on your left?", { name: "a bus on the left", isThere: false }],
    ["And do you also see a bus, too?", { name: "a bus", isThere: false }],
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
    "Do I have a bus?",
    "Why is there a bus?",
    "What colour is this bus?",
    "How old is that lynx?",
    "Is it lynx?", // as "Is it orange?": no thing without an article
    "Do you see lynx?",
    "",
  ])("is not spoken for where it is none, or more than its name is asked: %s", (question) => {
    expect(findThing(question, TABBY_LEFT, KNOWN)).toBeUndefined();
  });

  it("is never said to be missing by a name that means other things, too", () => {
    expect(findThing("Can you see my head?", TABBY_LEFT, KNOWN)).toEqual({ name: "my head" });
    expect(findThing("Is there a cup?", TABBY_LEFT, KNOWN)).toEqual({ name: "a cup" });
    expect(findThing("Is there a promontory?", TABBY_LEFT, KNOWN)?.isThere).toBe(false);
    expect(findThing("Is there a headland?", at(0, 0, 0, 0, 0, 0.8), KNOWN)?.isThere).toBe(true);
  });

  it("is neither there nor missing where nothing is likely", () => {
    const flat = at(...Array.from({ length: 1000 }, () => 0.001));
    expect(findThing("Is there a bus?", flat, KNOWN)).toEqual({ name: "a bus" });
    const noise = evidence({ whole: [0.6], left: [0, 0, 0, 0.01] });
    expect(findThing("Is there a bus?", noise, KNOWN)).toEqual({ name: "a bus" });
  });

  it("is missing below twice its chance, and there where nothing else is far likelier; a kind's chance is that of its classes", () => {
    const bus = (own: number, other: number) =>
      findThing("Is there a bus?", at(0, 0, 0, own, 0, 0, other), KNOWN)?.isThere;
    expect([bus(0.0019, 0.1), bus(0.0021, 0.1), bus(0.011, 0.1)]).toEqual([false, undefined, true]);
    expect([bus(0.05, 0.4), bus(0.02, 0.4), bus(0.004, 0.4)]).toEqual([true, undefined, false]);
    const cat = (each: number) =>
      findThing("Is there a cat?", at(each, each, 0, 0, 0, 0, 0.1), KNOWN)?.isThere;
    expect([cat(0.0019), cat(0.0021), cat(0.0051)]).toEqual([false, undefined, true]);
  });

  it("is what is shown only where nothing else is much likelier: a dog that looks like a wolf is none", () => {
    const lynx = (own: number) => findThing("Is that a lynx?", at(0.5, own), KNOWN)?.isThere;
    expect([lynx(0.3), lynx(0.2), lynx(0.005)]).toEqual([true, undefined, false]);
  });

  it("may be one that was taught, with a name of its own or one that is known already", () => {
    const classes = [...CLASSES, taughtClass("my red bottle"), taughtClass("bus"), taughtClass("Bruno")];
    const known = knownThings(classes);
    const shown = (...taught: number[]) =>
      at(0, 0, 0, 0.3).map((part) => Float32Array.from([...part, ...taught]));
    const ask = (question: string, ...taught: number[]) => findThing(question, shown(...taught), known);
    expect(ask("Do you see my red bottle?", 0.9, 0, 0)).toEqual({ name: "my red bottle", isThere: true });
    expect(ask("Do you see my red bottle?", 0.3, 0, 0)?.isThere).toBe(false);
    expect(ask("Is there a bus?", 0, 0, 0)?.isThere).toBe(true);
    expect(ask("Is that Bruno?", 0, 0, 0.8)).toEqual({ name: "bruno", isThere: true });
  });

  it("is not looked for in pictures without evidence", () => {
    expect(findThing("Is there a bus?", [], KNOWN)).toBeUndefined();
  });

  it("is looked for in a question as long as may be sent without keeping everybody waiting for days", () => {
    const long = `is there a${" here".repeat(400_000)}1`;
    const asked = `${long}. Is there a bus?`;
    expect(findThing(long, TABBY_LEFT, KNOWN)).toBeUndefined();
    expect(findThing(asked, TABBY_LEFT, KNOWN)?.isThere).toBe(false);
  });
});
