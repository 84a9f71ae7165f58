import { describe, expect, it } from "vitest";

import { brokenOff } from "../../../bench/decisions/recorded.ts";

const RATE = 24_000;

describe("a recorded sentence that breaks off", () => {
  it("ends where its speaker takes breath in its middle, or half a word would stand for an unfinished sentence", () => {
    const sentence = Float32Array.from({ length: 2 * RATE }, (_, sample) => Math.sin(sample / 10));
    sentence.fill(0, 0.2 * RATE, 0.4 * RATE); // too early
    sentence.fill(0, 1.2 * RATE, 1.32 * RATE);
    sentence.fill(0, 1.7 * RATE, 1.9 * RATE); // too late
    expect(brokenOff(sentence)).toHaveLength(1.26 * RATE);
  });
});
