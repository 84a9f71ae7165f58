import { AntiphonError } from "../../streaming/index.ts";

import type { BlockFormat, BlockType } from "./gguf-blocks.ts";
import { BLOCK_FORMATS, forEachBlock } from "./gguf-blocks.ts";

/** A matrix [rows, columns] as 4-bit integers in blocks of 32 along the columns: `w = scale * q + min`. */
interface Int4Blocks {
  /** [rows, columns / 32, 16]: value 2i of a block in the low, 2i + 1 in the high nibble, as `MatMulNBits` wants it. */
  readonly quants: Uint8Array;
  /** [rows, columns / 32] */
  readonly scales: Float32Array;
  /** [rows, columns / 32] */
  readonly mins: Float32Array;
}

/** A matrix [rows, columns] as 8-bit integers in blocks along the columns: `w = scale * (q - 128) + min`. */
export interface Int8Blocks {
  /** [rows, columns]; 128 stands for zero, the default zero point of `MatMulNBits`. */
  readonly quants: Uint8Array;
  /** [rows, columns / blockSize]; may be negative. */
  readonly scales: Float32Array;
  /** [rows, columns / blockSize]; `undefined` where all are 0. */
  readonly mins: Float32Array | undefined;
  /** False where the file's groups are narrower than `blockSize`, so that values had to be rounded again. */
  readonly exact: boolean;
}

function checkMatrix(bytes: Uint8Array, type: BlockType, rows: number, columns: number): BlockFormat {
  const format = BLOCK_FORMATS[type];
  if (columns % format.values === 0 && bytes.length === ((rows * columns) / format.values) * format.bytes)
    return format;
  throw new AntiphonError(
    "checkpoint-invalid",
    `${bytes.length} bytes of ${type} are not a [${rows}, ${columns}] matrix`,
  );
}

/**
 * The very integers of a Q4_0, Q4_1 or Q4_K matrix, re-packed for `MatMulNBits` without rounding. With its default zero
 * point of 8 the rest, `min + 8 * scale` for each block, is a small product with the block sums of the input.
 *
 * Throws `checkpoint-unsupported` for other types, `checkpoint-invalid` where the bytes are no such matrix.
 */
export function int4Blocks(bytes: Uint8Array, type: BlockType, rows: number, columns: number): Int4Blocks {
  const format = checkMatrix(bytes, type, rows, columns);
  if (format.bits !== 4)
    throw new AntiphonError("checkpoint-unsupported", `${type} does not fit into 4 bits`);
  const groups = (rows * columns) / 32;
  const quants = new Uint8Array(groups * 16);
  const scales = new Float32Array(groups);
  const mins = new Float32Array(groups);
  forEachBlock(bytes, format, (block, index) => {
    scales.set(block.scales, index * block.scales.length);
    mins.set(block.mins, index * block.mins.length);
    const start = (index * format.values) / 2;
    const { codes } = block;
    for (let i = 0; i < format.values; i += 2) {
      quants[start + i / 2] = (codes[i] ?? 0) | ((codes[i + 1] ?? 0) << 4);
    }
  });
  return { quants, scales, mins };
}

/**
 * A matrix of any block type as 8-bit integers. Exact wherever `blockSize` divides the file's groups, which leaves one
 * case: Q6_K (groups of 16) with a `blockSize` of 32. There the scale is chosen such that the half with the larger step
 * stays exact and only the finer half is rounded, which errs less than the usual scale by the largest value.
 *
 * Throws `checkpoint-invalid` where the bytes are no such matrix.
 */
export function int8Blocks(
  bytes: Uint8Array,
  type: BlockType,
  rows: number,
  columns: number,
  blockSize: 16 | 32,
): Int8Blocks {
  const format = checkMatrix(bytes, type, rows, columns);
  if (blockSize > format.groupSize) return roundedPairs(bytes, format, rows * columns);

  const centre = 2 ** (format.bits - 1);
  const blocksPerGroup = format.groupSize / blockSize;
  const quants = new Uint8Array(rows * columns);
  const scales = new Float32Array(quants.length / blockSize);
  const mins = format.symmetric ? undefined : new Float32Array(scales.length);
  forEachBlock(bytes, format, (block, index) => {
    const start = index * format.values;
    for (let i = 0; i < format.values; i++) quants[start + i] = (block.codes[i] ?? 0) - centre + 128;
    for (let i = 0; i < format.values / blockSize; i++) {
      const scale = block.scales[Math.floor(i / blocksPerGroup)] ?? 0;
      scales[start / blockSize + i] = scale;
      if (mins)
        mins[start / blockSize + i] = (block.mins[Math.floor(i / blocksPerGroup)] ?? 0) + centre * scale;
    }
  });
  return { quants, scales, mins, exact: true };
}

/** Blocks of 32 from pairs of symmetric groups of 16. */
function roundedPairs(bytes: Uint8Array, format: BlockFormat, count: number): Int8Blocks {
  const centre = 2 ** (format.bits - 1);
  const quants = new Uint8Array(count);
  const scales = new Float32Array(count / 32);
  const inSteps = new Float64Array(32);
  forEachBlock(bytes, format, ({ codes, scales: steps }, index) => {
    for (let from = 0; from < format.values; from += 32) {
      const start = index * format.values + from;
      const first = steps[from / 16] ?? 0;
      const second = steps[from / 16 + 1] ?? 0;
      const coarse = Math.abs(first) >= Math.abs(second) ? first : second;
      // The values in units of the coarse step: whole numbers in the coarse half.
      for (let i = 0; i < 32; i++) {
        const step = i < 16 ? first : second;
        inSteps[i] = coarse === 0 ? 0 : (((codes[from + i] ?? 0) - centre) * step) / coarse;
      }
      const split = finestSplit(inSteps);
      scales[start / 32] = coarse / split;
      for (let i = 0; i < 32; i++) quants[start + i] = Math.round((inSteps[i] ?? 0) * split) + 128;
    }
  });
  return { quants, scales, mins: undefined, exact: false };
}

/** The largest whole number by which the values can be multiplied and still fit into -128..127. */
function finestSplit(values: Float64Array): number {
  let low = -1;
  let high = 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value > high) high = value;
    if (value < low) low = value;
  }
  return Math.floor(Math.min(127 / high, -128 / low));
}
