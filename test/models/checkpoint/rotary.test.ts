import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { unpermuteRotary } from "../../../models/checkpoint/index.ts";

describe("rows stored for interleaved rotary", () => {
  it("come back in the order of the original checkpoint", () => {
    const sizes = fc.record({
      heads: fc.integer({ min: 1, max: 5 }),
      half: fc.integer({ min: 1, max: 8 }),
      rowBytes: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(sizes, ({ heads, half, rowBytes }) => {
        const rows = heads * 2 * half;
        const original = Uint8Array.from({ length: rows * rowBytes }, (_, i) => (i * 31) & 255);
        // llama.cpp's converter: reshape(heads, 2, half, …).swapaxes(1, 2)
        const stored = new Uint8Array(original.length);
        let target = 0;
        for (let head = 0; head < heads; head++) {
          for (let j = 0; j < half; j++) {
            for (let part = 0; part < 2; part++) {
              const row = (head * 2 + part) * half + j;
              stored.set(original.subarray(row * rowBytes, (row + 1) * rowBytes), target);
              target += rowBytes;
            }
          }
        }
        expect(unpermuteRotary(stored, rows, heads)).toEqual(original);
      }),
    );
  });

  it("are refused where they cannot be divided among the heads", () => {
    expect(() => unpermuteRotary(new Uint8Array(10), 3, 1)).toThrow(RangeError);
    expect(() => unpermuteRotary(new Uint8Array(9), 9, 3)).toThrow(RangeError);
  });
});
