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
  const sizes = [2, 4, 8, 10, 16, 20, 32, 40, 50, 64, 80, 100, 128, 200, 250, 400];
  test.each(sizes)("agrees with the definition of the transform for %i samples", (size) => {
    const fft = new RealFft(size);
    const power = new Float64Array(size / 2 + 1);
    const signal = fc.float64Array({ min: -1, max: 1, noNaN: true, minLength: size, maxLength: size });
    fc.assert(
      fc.property(signal, (input) => {
        fft.powerSpectrum(input, power);
        const expected = slowPowerSpectrum(input);
        for (const [bin, value] of power.entries()) expect(value).toBeCloseTo(expected[bin]!, 8);
      }),
      { numRuns: 5 },
    );
  });

  test("refuses lengths that it cannot factor", () => {
    expect(() => new RealFft(14)).toThrow(RangeError);
    expect(() => new RealFft(401)).toThrow(RangeError);
  });
});
