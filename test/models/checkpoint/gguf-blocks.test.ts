import { afterAll, describe, expect, it } from "vitest";

import {
  BLOCK_FORMATS,
  dequantize,
  int4Blocks,
  int8Blocks,
  isBlockType,
  openCheckpoint,
} from "../../../models/checkpoint/index.ts";
import type { BlockType, Int8Blocks } from "../../../models/checkpoint/index.ts";
import { fixture } from "./support.ts";

const file = await openCheckpoint(fixture("gguf-blocks/blocks.gguf"));
const reference = await openCheckpoint(fixture("gguf-blocks/reference.safetensors"));
afterAll(async () => {
  await Promise.all([file.close(), reference.close()]);
});
const types = Object.keys(BLOCK_FORMATS).filter(isBlockType);

async function blocks(
  type: BlockType,
): Promise<{ bytes: Uint8Array; rows: number; columns: number; values: Float32Array }> {
  const bytes = await file.bytes(type);
  const [rows = 0, columns = 0] = file.tensors.get(type)?.shape ?? [];
  const values = new Float32Array(rows * columns);
  dequantize(bytes, type, values);
  return { bytes, rows, columns, values };
}

function valuesOf({ quants, scales, mins }: Int8Blocks): Float32Array {
  const blockSize = quants.length / scales.length;
  return Float32Array.from(quants, (quant, i) => {
    const block = Math.floor(i / blockSize);
    return scales[block]! * (quant - 128) + (mins?.[block] ?? 0);
  });
}

function largestDifference(ours: Float32Array, theirs: Float32Array): number {
  return ours.reduce((max, value, i) => Math.max(max, Math.abs(value - theirs[i]!)), 0);
}

function squaredError(ours: Float32Array, theirs: Float32Array): number {
  return ours.reduce((sum, value, i) => sum + (value - theirs[i]!) ** 2, 0);
}

/** Blocks of 32 rounded to 8 bits by their largest value. */
function roundedPlainly(values: Float32Array): Float32Array {
  return values.map((value, i) => {
    const block = values.subarray(i - (i % 32), i - (i % 32) + 32);
    const step = largestDifference(block, new Float32Array(32)) / 127;
    return Math.round(value / step) * step;
  });
}

/** A zero may differ in sign. */
function expectEqual(ours: Float32Array, theirs: Float32Array): void {
  expect(ours.length).toBe(theirs.length);
  expect(ours.findIndex((value, i) => value !== theirs[i])).toBe(-1);
}

describe("GGUF blocks", () => {
  it.each(["F32", "F16", "BF16", ...types])("%s widens to exactly the reference's values", async (type) => {
    expectEqual(await file.floats(type), await reference.floats(type));
  });

  it.each(["F32", "F16", "BF16", ...types])("%s gives single rows as it gives all", async (type) => {
    const all = await file.floats(type);
    const into = new Float32Array(3 * 512);
    const rows = file.floatRows(type, [1, 0, 1], into);
    expect(rows.buffer).toBe(into.buffer);
    expectEqual(rows, Float32Array.of(...all.subarray(512), ...all.subarray(0, 512), ...all.subarray(512)));
  });

  it.each(["Q4_0", "Q4_1", "Q4_K"] as const)("%s becomes 4-bit blocks without rounding", async (type) => {
    const { bytes, rows, columns, values } = await blocks(type);
    const { quants, scales, mins } = int4Blocks(bytes, type, rows, columns);
    const rebuilt = values.map((_, i) => {
      const block = Math.floor(i / 32);
      const code = (quants[i >> 1]! >> (4 * (i & 1))) & 15;
      return scales[block]! * code + mins[block]!;
    });
    expectEqual(rebuilt, values);
  });

  it.each(["Q5_0", "Q5_1", "Q8_0", "Q5_K", "Q6_K"] as const)(
    "%s is refused as 4-bit blocks",
    async (type) => {
      const { bytes, rows, columns } = await blocks(type);
      expect(() => int4Blocks(bytes, type, rows, columns)).toThrow(
        expect.objectContaining({ code: "checkpoint-unsupported" }),
      );
    },
  );

  it.each(types.flatMap((type) => [[type, 16] as const, [type, 32] as const]))(
    "%s becomes 8-bit blocks of %i without rounding where that is possible",
    async (type, blockSize) => {
      const { bytes, rows, columns, values } = await blocks(type);
      const matrix = int8Blocks(bytes, type, rows, columns, blockSize);
      expect(matrix.scales.length).toBe((rows * columns) / blockSize);
      expect(matrix.exact).toBe(!(type === "Q6_K" && blockSize === 32));
      expect(matrix.mins === undefined).toBe(BLOCK_FORMATS[type].symmetric);
      if (!matrix.exact) return;
      if (matrix.mins === undefined) expectEqual(valuesOf(matrix), values);
      // A centred min is itself rounded to float32.
      else {
        const largest = largestDifference(values, new Float32Array(values.length));
        expect(largestDifference(valuesOf(matrix), values)).toBeLessThan(2 ** -22 * largest);
      }
    },
  );

  it("Q6_K in blocks of 32 keeps the coarser half exact and errs less than plain rounding", async () => {
    const { bytes, rows, columns, values } = await blocks("Q6_K");
    const matrix = int8Blocks(bytes, "Q6_K", rows, columns, 32);
    const ours = valuesOf(matrix);
    const plain = roundedPlainly(values);
    expect(squaredError(ours, values)).toBeLessThan(0.75 * squaredError(plain, values));
    for (const [block, scale] of matrix.scales.entries()) {
      const errors = [0, 16].map((half) => {
        const start = block * 32 + half;
        return largestDifference(ours.subarray(start, start + 16), values.subarray(start, start + 16));
      });
      expect(Math.min(...errors)).toBeLessThanOrEqual(1e-4 * Math.abs(scale));
      expect(Math.max(...errors)).toBeLessThanOrEqual(0.501 * Math.abs(scale));
    }
  });

  it("bytes that are no such matrix are refused", async () => {
    const { bytes, rows, columns } = await blocks("Q4_K");
    const refusal = expect.objectContaining({ code: "checkpoint-invalid" }) as Error;
    expect(() => int4Blocks(bytes, "Q4_K", rows, columns + 256)).toThrow(refusal);
    expect(() => int8Blocks(bytes, "Q4_K", rows * columns, 1, 32)).toThrow(refusal);
    expect(() => int8Blocks(bytes.subarray(1), "Q4_K", rows, columns, 32)).toThrow(refusal);
  });
});
