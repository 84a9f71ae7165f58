import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseClassNames } from "../../../models/vit/class-names.ts";
import { Interpreter } from "../../../models/vit/interpret.ts";

const CLASSES = parseClassNames(
  JSON.stringify([
    { wnid: "n1", names: ["tabby", "tabby cat"], clear: "tabby", kinds: ["cat", "animal"] },
    { wnid: "n2", names: ["lynx"], clear: "lynx", kinds: ["cat", "animal"] },
    { wnid: "n3", names: ["tench"], clear: "tench", kinds: ["fish", "animal"] },
    { wnid: "n4", names: ["mug"], clear: "mug", kinds: ["cup"] },
  ]),
);
const interpreter = new Interpreter(CLASSES, ["dark", "red"], { temperature: 2, threshold: 0.6 });

/** Logits of these probabilities, which the temperature of 2 brings back. */
const logits = (...probabilities: readonly number[]) =>
  Float32Array.from(probabilities, (probability) => 2 * Math.log(probability));

const EVEN = new Float32Array(9 * 4);

function describeFrame(classLogits: Float32Array, patchLogits = EVEN, scene = Float32Array.of(-9, -9)) {
  const regions = interpreter.regions({ classLogits, patchLogits }).map(({ known }) => known);
  return interpreter.describe(regions, scene);
}

describe("what is seen", () => {
  it("is named where one name is sure", () => {
    const { labels, sure } = describeFrame(logits(0.7, 0.2, 0.05, 0.05));
    expect(sure).toBe(true);
    expect(labels[0]).toMatchObject({ name: "tabby", probability: expect.closeTo(0.7, 5) as number });
    expect(labels.map(({ name }) => name)).toEqual(["tabby", "lynx", "tench", "mug"]);
  });

  it("is called by its narrowest kind that is sure, where no name is", () => {
    const { labels, sure } = describeFrame(logits(0.4, 0.35, 0.2, 0.05));
    expect(sure).toBe(true);
    expect(labels[0]).toMatchObject({ name: "cat", probability: expect.closeTo(0.75, 5) as number });
    expect(describeFrame(logits(0.35, 0.2, 0.35, 0.1)).labels[0]?.name).toBe("animal");
  });

  it("is not sure where neither is: an honest doubt beats a wrong name", () => {
    const { labels, sure } = describeFrame(logits(0.2, 0.2, 0.15, 0.45));
    expect(sure).toBe(false);
    expect(labels[0]?.name).toBe("mug");
  });

  it("is placed by the cells of each third", () => {
    const cell = (column: number) =>
      column === 0 ? [5, 0, 0, 0] : column === 1 ? [0, 0, 0, 5] : [0, 0, 5, 0];
    const patchLogits = Float32Array.from([0, 1, 2, 0, 1, 2, 0, 1, 2].flatMap(cell));
    const { places } = describeFrame(logits(0.25, 0.25, 0.25, 0.25), patchLogits);
    const names = [places.left, places.center, places.right].map((labels) => labels[0]?.name);
    expect(names).toEqual(["tabby", "mug", "tench"]);
  });

  it("is sure of two things side by side, the whole of which is neither, and says no kind that one of them is not", () => {
    const sides = [0, 1, 2, 0, 1, 2, 0, 1, 2].flatMap((column) =>
      column === 0 ? [4, 0, 0, 0] : column === 1 ? [0, 0, 0, 0] : [0, 0, 0, 4],
    );
    const { sure, places } = describeFrame(logits(0.3, 0.05, 0.15, 0.5), Float32Array.from(sides));
    expect(sure).toBe(true);
    expect(places.left[0]?.name).toBe("tabby");
    expect(places.right[0]?.name).toBe("mug");
    const cats = logits(0.4, 0.35, 0.05, 0.2);
    expect(describeFrame(cats, Float32Array.from(sides)).kind).toBeUndefined();
    const tabbyOnly = Float32Array.from(sides.map((value, index) => (index % 12 < 4 ? value : 0)));
    expect(describeFrame(cats, tabbyOnly)).toMatchObject({ sure: true, kind: "cat" });
    expect(describeFrame(cats).kind).toBe("cat");
  });

  it("says how sure a side is by its cells as they are, and tells the language model the likeliest more clearly", () => {
    const cell = [1, 0, 0, 0];
    const patchLogits = Float32Array.from(Array.from({ length: 9 }, () => cell).flat());
    const [, left] = interpreter.regions({ classLogits: logits(0.25, 0.25, 0.25, 0.25), patchLogits });
    const share = (logit: number) => Math.exp(logit) / (Math.exp(logit) + 3);
    expect(left!.known[0]).toBeCloseTo(share(1), 5);
    expect(left!.told[0]).toBeCloseTo(share(2), 5);
  });

  it("says of the scene what is more likely than not", () => {
    const { scene } = describeFrame(logits(0.25, 0.25, 0.25, 0.25), EVEN, Float32Array.of(-1, 2));
    expect(scene).toEqual([{ name: "red", probability: expect.closeTo(0.88, 2) as number }]);
  });

  it("has regions that are probabilities, however far apart the logits are", () => {
    const anything = fc.array(fc.float({ min: -80, max: 80, noNaN: true }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(anything, fc.array(anything, { minLength: 9, maxLength: 9 }), (whole, cells) => {
        const classLogits = Float32Array.from(whole);
        const patchLogits = Float32Array.from(cells.flat());
        const regions = interpreter.regions({ classLogits, patchLogits });
        for (const region of regions.flatMap(({ known, told }) => [known, told])) {
          expect(region.every((probability) => probability >= 0 && probability <= 1)).toBe(true);
          expect(region.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 4);
        }
      }),
    );
  });
});

it.each(["", "{}", '[{"wnid":"n1"}]'])("names that are none are refused: %s", (json) => {
  expect(() => parseClassNames(json)).toThrow(/names of the classes/);
});
