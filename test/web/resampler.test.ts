import fc from "fast-check";
import { expect, test } from "vitest";

import { Resampler } from "../../web/client/resampler.ts";

function tone(hertz: number, rate: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, at) => 0.5 * Math.sin((2 * Math.PI * hertz * at) / rate));
}

function resample(from: number, to: number, samples: Float32Array): Float32Array {
  const resampler = new Resampler(from, to);
  const output = [...resampler.process(samples), ...resampler.flush()];
  return Float32Array.from(output);
}

const rates = [
  [48_000, 16_000],
  [44_100, 16_000],
  [24_000, 48_000],
  [24_000, 44_100],
] as const;

test.each(rates)("a tone keeps its pitch, place and loudness from %i to %i Hz", (from, to) => {
  const output = resample(from, to, tone(1000, from, from / 4));
  const expected = tone(1000, to, to / 4);
  // Away from the ends, where there is nothing on one side.
  for (let at = 200; at < expected.length - 200; at++) expect(output[at]).toBeCloseTo(expected[at] ?? 0, 2);
});

test("what the lower rate cannot hold is removed, not folded into the voice", () => {
  const output = resample(48_000, 16_000, tone(11_000, 48_000, 9600)).subarray(200, 2800);
  expect(Math.max(...output.map(Math.abs))).toBeLessThan(0.005);
});

test("however the sound and the silence in it are cut into pieces, the same samples come out", () => {
  const input = new Float32Array(3000);
  input.set(tone(440, 44_100, 1000));
  input.set(tone(440, 44_100, 1000), 2000);
  const whole = new Resampler(44_100, 16_000).process(input);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 30 }), (lengths) => {
      const resampler = new Resampler(44_100, 16_000);
      const output: number[] = [];
      let at = 0;
      for (const length of [...lengths, input.length]) {
        output.push(...resampler.process(input.subarray(at, at + length)));
        at += length;
      }
      expect(Float32Array.from(output)).toEqual(whole);
    }),
    { numRuns: 30 },
  );
});

test("the length changes by the ratio of the rates, so that played milliseconds are right", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5000 }), fc.constantFrom(...rates), (length, [from, to]) => {
      const output = resample(from, to, new Float32Array(length));
      expect(Math.abs(output.length - (length * to) / from)).toBeLessThanOrEqual(2 + to / from);
    }),
    { numRuns: 50 },
  );
});
