import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { paddedSums, restDigits, withZeroPoints } from "../../../models/llm/zero-points.ts";
import type { BlockLayout, ZeroPointMatrix } from "../../../models/llm/zero-points.ts";

const BLOCK = 32;

/** Code `index` of a row of `bits`-bit codes. */
const codeAt = (bytes: Uint8Array, index: number, bits: 4 | 8): number =>
  bits === 8 ? bytes[index]! : (bytes[index >> 1]! >> (index % 2 === 0 ? 0 : 4)) & 15;

/** The weights that a product with x and its block sums comes down to, [rows, columns]. */
function effectiveWeights(matrix: ZeroPointMatrix, { bits, rows, columns }: BlockLayout): number[][] {
  const blocks = matrix.scales.length / rows;
  const sums = columns / BLOCK;
  const padded = paddedSums({ blockSize: BLOCK, columns });
  const zeroBytes = matrix.zeroPoints.length / rows;
  const quantBytes = matrix.quants.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    const zeros = matrix.zeroPoints.subarray(row * zeroBytes, (row + 1) * zeroBytes);
    const quants = matrix.quants.subarray(row * quantBytes, (row + 1) * quantBytes);
    const value = (column: number): number => {
      const block = Math.floor(column / BLOCK);
      return (
        matrix.scales[row * blocks + block]! * (codeAt(quants, column, bits) - codeAt(zeros, block, bits))
      );
    };
    return Array.from({ length: columns }, (_, column) => {
      const sum = Math.floor(column / BLOCK);
      let weight = value(column);
      for (let digit = 0; digit < restDigits(bits); digit++) weight += value(columns + digit * padded + sum);
      expect(sum).toBeLessThan(sums);
      return weight;
    });
  });
}

const layouts = fc.record({
  bits: fc.constantFrom(4 as const, 8 as const),
  blockSize: fc.constant(BLOCK),
  rows: fc.integer({ min: 1, max: 3 }),
  columns: fc.integer({ min: 1, max: 40 }).map((blocks) => blocks * BLOCK),
});

describe("mins as zero points and columns of rests", () => {
  it("stand for the stored weights to within a hundredth of the coarsest step", () => {
    fc.assert(
      fc.property(
        layouts,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (layout, stream) => {
          const { bits, rows, columns } = layout;
          const random = (): number => stream.next().value as number;
          const middle = 2 ** (bits - 1);
          const count = (rows * columns) / BLOCK;
          const scales = Float32Array.from({ length: count }, () => (random() < 0.1 ? 0 : 0.2 + random()));
          // As files have them: some whole number of steps below zero and up to the middle above the lowest code.
          const mins = scales.map((scale) => scale * (middle - random() * (2 * middle - 1)));
          const quants = Uint8Array.from({ length: (rows * columns * bits) / 8 }, () => random() * 256);
          const matrix = withZeroPoints({ quants, scales, mins }, layout);
          const weights = effectiveWeights(matrix, layout);
          const step = Math.max(...scales);
          for (let index = 0; index < rows * columns; index++) {
            const block = Math.floor(index / BLOCK);
            const stored = scales[block]! * (codeAt(quants, index, bits) - middle) + mins[block]!;
            const weight = weights[Math.floor(index / columns)]![index % columns]!;
            expect(Math.abs(weight - stored)).toBeLessThanOrEqual(step / 100);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("keep a min of any size where a block has no steps", () => {
    const layout = { bits: 4, blockSize: BLOCK, rows: 1, columns: BLOCK } as const;
    const matrix = withZeroPoints(
      { quants: new Uint8Array(16), scales: Float32Array.of(0), mins: Float32Array.of(-3) },
      layout,
    );
    for (const weight of effectiveWeights(matrix, layout)[0]!) expect(weight).toBeCloseTo(-3, 5);
  });
});
