import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { AudioError, measureLevel, resample, Resampler } from "../../audio/index.ts";

const RATES = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

function tone(count: number, hertz: number, sampleRate: number): Float32Array {
  return Float32Array.from(
    { length: count },
    (_, n) => 0.5 * Math.sin((2 * Math.PI * hertz * n) / sampleRate),
  );
}

function greatestDifference(left: Float32Array, right: Float32Array): number {
  return left.reduce((worst, sample, index) => Math.max(worst, Math.abs(sample - (right[index] ?? NaN))), 0);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

describe("Resampler", () => {
  test("gives the same samples however the stream is cut, and as long as the input", async () => {
    const rate = fc.constantFrom(...RATES);
    const cuts = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(rate, rate, cuts, async (inputRate, outputRate, sizes) => {
        const count = sizes.reduce((sum, size) => sum + size, 0);
        const input = tone(count, 300, inputRate);
        const resampler = await Resampler.open(inputRate, outputRate);
        const parts: Float32Array[] = [];
        let position = 0;
        for (const size of sizes) {
          parts.push(resampler.process(input.subarray(position, position + size)));
          position += size;
        }
        parts.push(resampler.flush());
        resampler.close();
        const output = joined(parts);
        expect(Math.abs(output.length - (count * outputRate) / inputRate)).toBeLessThanOrEqual(1);
        const whole = await resample(input, inputRate, outputRate);
        expect(greatestDifference(output, whole)).toBeLessThan(1e-5);
      }),
      { numRuns: 10 },
    );
  });

  test.each([
    [48_000, 16_000],
    [44_100, 16_000],
    [8_000, 16_000],
    [22_050, 48_000],
  ])("keeps a tone of 1 kHz in time and level from %i to %i Hz", async (inputRate, outputRate) => {
    const output = await resample(tone(inputRate, 1_000, inputRate), inputRate, outputRate);
    const expected = tone(outputRate, 1_000, outputRate);
    const steady = [outputRate / 50, outputRate - outputRate / 50] as const; // the tone starts and stops abruptly
    expect(greatestDifference(output.subarray(...steady), expected.subarray(...steady))).toBeLessThan(1e-3);
  });

  test("lets nothing through above the new limit, or hiss becomes speech", async () => {
    const output = await resample(tone(48_000, 11_000, 48_000), 48_000, 16_000);
    expect(measureLevel(output.subarray(800, 15_200)).rmsDbfs).toBeLessThan(-80);
  });

  test("turns NaN and infinities into silence instead of carrying them along", async () => {
    const faulty = Float32Array.from({ length: 960 }, (_, n) => [NaN, Infinity, -Infinity, 0.1][n % 4]!);
    for (const outputRate of [16_000, 48_000]) {
      const output = await resample(faulty, 48_000, outputRate);
      expect(output.every(Number.isFinite)).toBe(true);
      expect(Math.max(...output)).toBeLessThan(1);
    }
  });

  test("starts afresh after a flush, or one turn leaks into the next", async () => {
    const resampler = await Resampler.open(48_000, 16_000);
    const once = (): Float32Array => joined([resampler.process(tone(5_000, 440, 48_000)), resampler.flush()]);
    const first = once();
    expect(once()).toEqual(first);
    expect(resampler.flush().length).toBe(0);
    resampler.close();
    resampler.close();
  });

  test("holds back at most 6 ms of a live stream", async () => {
    for (const [inputRate, outputRate] of [
      [48_000, 16_000],
      [8_000, 16_000],
      [24_000, 48_000],
    ] as const) {
      const resampler = await Resampler.open(inputRate, outputRate);
      const output = resampler.process(tone(inputRate, 440, inputRate));
      expect(outputRate - output.length).toBeLessThanOrEqual(0.006 * outputRate);
      resampler.close();
    }
  });

  test("passes equal rates through as a copy", async () => {
    const input = tone(100, 440, 16_000);
    const output = await resample(input, 16_000, 16_000);
    expect(output).toEqual(input);
    expect(output.buffer).not.toBe(input.buffer);
  });

  test.each([0, -1, 3_999, 16_000.5, NaN, 200_000])("refuses %d Hz with a typed error", async (rate) => {
    await expect(Resampler.open(rate, 16_000)).rejects.toThrow(AudioError);
    await expect(Resampler.open(16_000, rate)).rejects.toMatchObject({ code: "audio-rate" });
  });
});
