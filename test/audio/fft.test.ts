import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { RealFft } from "../../audio/fft.ts";

/** The definition, in full. */
function slowPowerSpectrum(input: Float64Array): Float64Array {
  const size = input.length;
  return Float64Array.from({ length: size / 2 + 1 }, (_, bin) => {
    let real = 0;
    let imaginary = 0;
    for (const [index, sample] of input.entries()) {
      real += sample * Math.cos((2 * Math.PI * bin * index) / size);
      imaginary -= sample * Math.sin((2 * Math.PI * bin * index) / size);
    }
    return real ** 2 + imaginary ** 2;
  });
}

describe("RealFft", () => {
  test("agrees with the definition of the transform for every mix of factors", () => {
    const size = fc.constantFrom(2, 4, 8, 10, 16, 20, 32, 40, 50, 64, 80, 100, 128, 200, 250, 400);
    fc.assert(
      fc.property(size, fc.infiniteStream(fc.double({ min: -1, max: 1, noNaN: true })), (length, stream) => {
        const input = Float64Array.from({ length }, () => stream.next().value);
        const power = new Float64Array(length / 2 + 1);
        new RealFft(length).powerSpectrum(input, power);
        const expected = slowPowerSpectrum(input);
        for (const [bin, value] of power.entries()) expect(value).toBeCloseTo(expected[bin]!, 8);
      }),
    );
  });

  test("refuses lengths that it cannot factor", () => {
    expect(() => new RealFft(14)).toThrow(RangeError);
    expect(() => new RealFft(401)).toThrow(RangeError);
  });
});
