import { describe, expect, it } from "vitest";

import type { DecoderConfig } from "../../../models/llm/config.ts";
import { moveKeysBack, ropeFrequencies, ropeTables, withStoredFactors } from "../../../models/llm/rope.ts";

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

  it("moves keys to where they would have been turned less, exactly as if they had been computed there", () => {
    const config = { headDim: 8, rope: { theta: 10_000 } };
    const { cosines, sines } = ropeTables(config, 60);
    const plain = Float32Array.from({ length: 8 }, (_, index) => Math.sin(7 * index + 1));
    const turned = (position: number): number[] =>
      Array.from({ length: 8 }, (_, dim) => {
        const pair = dim % 4;
        const [cosine, sine] = [cosines[position * 4 + pair]!, sines[position * 4 + pair]!];
        return dim < 4
          ? plain[pair]! * cosine - plain[pair + 4]! * sine
          : plain[pair + 4]! * cosine + plain[pair]! * sine;
      });
    const keys = Float32Array.from([...turned(41), ...turned(57)]);
    moveKeysBack(keys, ropeFrequencies(config.rope, 8), 33);
    for (const [index, value] of [...turned(8), ...turned(24)].entries())
      expect(keys[index]).toBeCloseTo(value, 5);
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

describe("rotary factors that a checkpoint stores", () => {
  const config: DecoderConfig = {
    ...{ layers: 1, hiddenSize: 128, intermediateSize: 1, heads: 1, keyValueHeads: 1, headDim: 128 },
    ...{ vocabularySize: 1, normEpsilon: 1, contextLength: 8, attentionBias: false, queryKeyNorm: false },
    rope: { theta: 500_000 },
  };

  function checkpoint(tensors: Readonly<Record<string, readonly number[]>>) {
    return {
      format: "gguf",
      metadata: new Map([["general.architecture", "llama"]]),
      tensors: new Map(
        Object.entries(tensors).map(([name, { length }]) => [
          name,
          { name, shape: [length], storage: "F32" as const, byteLength: 4 * length },
        ]),
      ),
      floats: (name: string) => Promise.resolve(Float32Array.from(tensors[name] ?? [])),
    } as const;
  }

  it("give what Llama 3's own numbers give", async () => {
    const plain = ropeFrequencies({ theta: 500_000 }, 128);
    const scaled = ropeFrequencies({ theta: 500_000, scaling: llama3 }, 128);
    const factors = plain.map((frequency, pair) => frequency / scaled[pair]!);
    const { rope } = await withStoredFactors(config, checkpoint({ "rope_freqs.weight": factors }));
    ropeFrequencies(rope, 128).forEach((frequency, pair) => {
      expect(frequency / scaled[pair]!).toBeCloseTo(1, 6);
    });
    expect(new Set(factors).size).toBeGreaterThan(2);
  });

  it("are not missed where there are none", async () => {
    expect(await withStoredFactors(config, checkpoint({}))).toBe(config);
  });

  it.each([
    ["too few", [1, 1]],
    ["a zero", [...Array<number>(63).fill(1), 0]],
    ["no number", [...Array<number>(63).fill(1), NaN]],
  ])("are refused when they are wrong: %s", async (_, factors) => {
    await expect(
      withStoredFactors(config, checkpoint({ "rope_freqs.weight": factors })),
    ).rejects.toMatchObject({
      code: "checkpoint-invalid",
      message: expect.stringContaining("rope_freqs.weight") as string,
    });
  });

  it("that depend on the context's length are refused by name instead of ignored", async () => {
    await expect(
      withStoredFactors(config, checkpoint({ "rope_factors_long.weight": [1] })),
    ).rejects.toMatchObject({
      code: "checkpoint-unsupported",
      message: expect.stringContaining("rope_factors_long.weight") as string,
    });
  });
});
