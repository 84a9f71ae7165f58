import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { loadPack } from "../../../models/packs/index.ts";
import { openMannerHead } from "../../../models/whisper/manner.ts";
import { poolOverTime } from "../../../models/whisper/pooling.ts";
import { MANNERS } from "../../../streaming/index.ts";

const file = new URL("../../../models/whisper/manner.json", import.meta.url);
const { checkpoint, weights } = JSON.parse(readFileSync(file, "utf8")) as {
  checkpoint: string;
  weights: number[][];
};
/** Mean and deviation of tiny.en's 384 features. */
const FEATURES = 768;

describe("the head of manners", () => {
  it("has a row of weights for every manner, as many as there are features", () => {
    expect(weights.map((row) => row.length)).toEqual(MANNERS.map(() => FEATURES));
  });

  it("gives probabilities that add up to 1, and the likeliest to the features of its own row", () => {
    const head = openMannerHead(checkpoint);
    for (const [index, manner] of MANNERS.entries()) {
      const probabilities = head?.(Float32Array.from(weights[index] ?? [], (weight) => 1000 * weight));
      expect(Object.values(probabilities ?? {}).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
      expect(probabilities?.[manner]).toBeGreaterThan(0.5);
    }
  });

  it("is for the checkpoint of the packs, or it is never used", () => {
    const ears = loadPack("embedded").files.find(({ role }) => role === "speech-recognition");
    expect(ears?.sha256.slice(0, 24)).toBe(checkpoint);
  });

  it("says nothing of another checkpoint's features", () => {
    expect(openMannerHead("another")).toBeUndefined();
  });
});

describe("pooling over time", () => {
  it("takes mean and deviation of the utterance's own steps, not of the emptiness behind them", () => {
    const hidden = Float32Array.from([1, 10, 3, 10, 99, 99]);
    expect([...poolOverTime(hidden, 2, 2)]).toEqual([2, 10, 1, 0]);
  });
});
