import fc from "fast-check";
import { expect, test } from "vitest";

import { quantizeInt4, quantizeInt8 } from "../../../models/onnx/quantize.ts";

const BLOCK = 8;

/** Whole blocks of floats whose sizes differ much from block to block. */
const blocks = fc
  .array(
    fc.tuple(
      fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: BLOCK, maxLength: BLOCK }),
      fc.integer({ min: -12, max: 12 }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((scaled) => Float32Array.from(scaled.flatMap(([values, power]) => values.map((v) => v * 2 ** power))));

const largestOf = (values: Float32Array, block: number): number =>
  Math.max(...values.subarray(block * BLOCK, (block + 1) * BLOCK).map(Math.abs));

test("4-bit values are off by one step at most, half a step where the scale reaches, and the largest by nothing", () => {
  fc.assert(
    fc.property(blocks, (values) => {
      const { quants, scales } = quantizeInt4(values, BLOCK);
      expect(quants).toHaveLength(values.length / 2);
      values.forEach((value, index) => {
        const byte = quants[index >> 1]!;
        const code = (index % 2 === 0 ? byte : byte >> 4) & 15;
        const scale = scales[Math.floor(index / BLOCK)]!;
        const largest = largestOf(values, Math.floor(index / BLOCK));
        const error = Math.abs(scale * (code - 8) - value);
        // Codes go from -8 to 7: only what lies opposite to the largest can be as far off as a whole step.
        const bound = value * scale > 0 && code === 15 ? 1 : 0.5;
        expect(error).toBeLessThanOrEqual((bound * largest) / 8 + largest * 1e-6);
        if (Math.abs(value) === largest && value * scale <= 0)
          expect(error).toBeLessThanOrEqual(largest * 1e-6);
      });
    }),
  );
});

test("8-bit values are off by half a step at most", () => {
  fc.assert(
    fc.property(blocks, (values) => {
      const { quants, scales, mins } = quantizeInt8(values, BLOCK);
      expect(mins.every((min) => min === 0)).toBe(true);
      values.forEach((value, index) => {
        const block = Math.floor(index / BLOCK);
        const error = Math.abs(scales[block]! * (quants[index]! - 128) - value);
        expect(error).toBeLessThanOrEqual((0.5 / 127 + 1e-6) * largestOf(values, block));
      });
    }),
  );
});
