import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  readTaught,
  taughtBytes,
  taughtClass,
  TaughtThings,
  withTaught,
} from "../../../models/vit/taught-things.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const CHANNELS = 24;

/** Noise that is the same in every run. */
function photo(seed: number, own = -1): Float32Array {
  return Float32Array.from({ length: CHANNELS }, (_, at) =>
    at === own ? 6 : 1 + ((Math.imul(seed * CHANNELS + at + 1, 2_654_435_761) >>> 16) & 255) / 255,
  );
}

const background = {
  mean: new Float32Array(CHANNELS).fill(1.5),
  deviation: new Float32Array(CHANNELS).fill(0.3),
  features: Array.from({ length: 40 }, (_, seed) => photo(seed)),
};
const lessons = [
  { label: "Rex", features: photo(100, 3) },
  { label: "my mug", features: photo(101, 9) },
];
const things = TaughtThings.fit(lessons, background);

describe("what was taught with one picture each", () => {
  it("is recognised in another one", () => {
    expect([...things.probabilities(photo(200, 3))].map(Math.round)).toEqual([1, 0]);
    expect([...things.probabilities(photo(201, 9))].map(Math.round)).toEqual([0, 1]);
  });

  it("is not seen in what is something else, or every photo would show it", () => {
    for (let seed = 300; seed < 330; seed++)
      expect(Math.max(...things.probabilities(photo(seed)))).toBeLessThan(0.5);
    expect(Math.max(...things.probabilities(photo(400, 17)))).toBeLessThan(0.5);
  });

  it("is read as it was written, and refused where the encoder is another", async () => {
    const path = join(await temporaryFolder(), "things.safetensors");
    await writeFile(path, taughtBytes({ things, lessons }, "encoder-1", background));
    const read = await readTaught(path, "encoder-1");
    expect(read?.things.labels).toEqual(["Rex", "my mug"]);
    expect(read?.lessons).toEqual(lessons);
    expect(read?.things.probabilities(photo(200, 3))).toEqual(things.probabilities(photo(200, 3)));
    await expect(readTaught(path, "encoder-2")).rejects.toMatchObject({ code: "checkpoint-invalid" });
    expect(await readTaught(`${path}.gone`, "encoder-1")).toBeUndefined();
  });
});

it("what is taught goes before the classes, and all together stay probabilities", () => {
  const probability = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(probability, { minLength: 1, maxLength: 4 }), (taught) => {
      const all = withTaught(Float32Array.of(0.25, 0.75), Float32Array.from(taught));
      expect(all).toHaveLength(2 + taught.length);
      expect(all.every((value) => value >= 0)).toBe(true);
      expect(all.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    }),
  );
  expect([...withTaught(Float32Array.of(0.25, 0.75), Float32Array.of(1))]).toEqual([0, 0, 1]);
});

it.each([
  ["Rex", "Rex"],
  ["my mug", "my mug"],
  ["teapot", "a teapot"],
  ["umbrella stand", "an umbrella stand"],
])("a language model is told of %s as people say it", (label, phrase) => {
  expect(taughtClass(label).phrase).toBe(phrase);
});
