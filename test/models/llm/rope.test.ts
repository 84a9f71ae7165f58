import { describe, expect, it } from "vitest";

import { ropeFrequencies, ropeTables } from "../../../models/llm/rope.ts";

const llama3 = {
  type: "llama3",
  factor: 8,
  lowFrequencyFactor: 1,
  highFrequencyFactor: 4,
  originalContextLength: 8192,
} as const;

describe("rotary position embedding", () => {
  it("turns each pair of dimensions theta^(-2i/d) per position", () => {
    const frequencies = ropeFrequencies({ theta: 10_000 }, 8);
    [1, 0.1, 0.01, 0.001].forEach((expected, pair) => {
      expect(frequencies[pair]).toBeCloseTo(expected, 7);
    });
  });

  it("slows all pairs down where positions are interpolated", () => {
    const plain = ropeFrequencies({ theta: 10_000 }, 8);
    const scaled = ropeFrequencies({ theta: 10_000, scaling: { type: "linear", factor: 4 } }, 8);
    scaled.forEach((frequency, pair) => {
      expect(frequency).toBeCloseTo(plain[pair]! / 4, 7);
    });
  });

  it("of Llama 3 keeps short wavelengths, stretches long ones and blends those between", () => {
    const plain = ropeFrequencies({ theta: 500_000 }, 128);
    const scaled = ropeFrequencies({ theta: 500_000, scaling: llama3 }, 128);
    const kinds = plain.map((frequency, pair) => {
      const wavelength = (2 * Math.PI) / frequency;
      const ratio = frequency / scaled[pair]!;
      if (wavelength < 8192 / 4) expect(ratio).toBe(1);
      else if (wavelength > 8192) expect(ratio).toBeCloseTo(8, 5);
      else {
        expect(ratio).toBeGreaterThan(1);
        expect(ratio).toBeLessThan(8);
      }
      return ratio;
    });
    expect(kinds).toEqual(kinds.toSorted((a, b) => a - b));
    expect(kinds.some((ratio) => ratio > 1.01 && ratio < 7.99)).toBe(true);
  });

  it("blends continuously at both borders of Llama 3's band", () => {
    const at = (wavelength: number): number => {
      // One pair beside the first: its frequency is theta^(-1/2).
      const theta = (wavelength / (2 * Math.PI)) ** 2;
      return 1 / theta ** 0.5 / ropeFrequencies({ theta, scaling: llama3 }, 4)[1]!;
    };
    expect(at(2048.1)).toBeCloseTo(at(2047.9), 2);
    expect(at(8191.9)).toBeCloseTo(at(8192.1), 2);
  });

  it("stores cosine and sine of every position, half-split", () => {
    const { cosines, sines } = ropeTables({ headDim: 4, rope: { theta: 100 } }, 3);
    const angles = [0, 0, 1, 0.1, 2, 0.2];
    angles.forEach((angle, index) => {
      expect(cosines[index]).toBeCloseTo(Math.cos(angle), 6);
      expect(sines[index]).toBeCloseTo(Math.sin(angle), 6);
    });
    expect(cosines).toHaveLength(6);
  });
});
