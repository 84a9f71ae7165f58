import type { QuantizedMatrix } from "./stacked-weights.ts";

/**
 * A matrix [rows, columns] with mins, in the form that `MatMulNBits` multiplies in one go. A block's min is a whole
 * number of steps, which becomes its zero point, and a rest, which the block sums of x are multiplied with: the rests are
 * further columns of the same matrix, for an x that is followed by its block sums. A rest is at most half a step, but for
 * the few mins that lie beyond all zero points: theirs is what is missing.
 */
export interface ZeroPointMatrix {
  /** [rows, (columns + restColumns) / block, block·bits / 8] */
  readonly quants: Uint8Array;
  /** [rows, (columns + restColumns) / block] */
  readonly scales: Float32Array;
  /** As `scales`, but `bits` each: two to a byte in 4 bits, the lower half first, each row from a byte of its own. */
  readonly zeroPoints: Uint8Array;
}

export interface BlockLayout {
  readonly bits: 4 | 8;
  readonly blockSize: number;
  readonly rows: number;
  readonly columns: number;
}

/**
 * In 4 bits the rests are written as two digits, in 8 bits as one: what is left is at most 1/196, or 1/254, of the largest
 * of a block of rests, which are those of so many neighbours in a row. A large one makes its neighbours coarser.
 */
export function restDigits(bits: 4 | 8): number {
  return bits === 4 ? 2 : 1;
}

/** Block sums of a row, filled up to whole blocks. */
export function paddedSums({ blockSize, columns }: Pick<BlockLayout, "blockSize" | "columns">): number {
  return Math.ceil(columns / blockSize / blockSize) * blockSize;
}

/** Turns mins into zero points and columns of rests; `matrix` counts its quants from the middle of their range. */
export function withZeroPoints(matrix: QuantizedMatrix, layout: BlockLayout): ZeroPointMatrix {
  const { bits, blockSize, rows, columns } = layout;
  const sums = columns / blockSize;
  const padded = paddedSums(layout);
  const blocks = sums + (restDigits(bits) * padded) / blockSize;
  const blockBytes = (blockSize * bits) / 8;
  const zeroBytes = Math.ceil((blocks * bits) / 8);
  const middle = 2 ** (bits - 1);
  const quants = new Uint8Array(rows * blocks * blockBytes);
  const scales = new Float32Array(rows * blocks);
  const zeroPoints = new Uint8Array(rows * zeroBytes);
  const zeros = new Uint8Array(blocks);
  const rests = new Float32Array(padded);
  for (let row = 0; row < rows; row++) {
    const stored = row * sums;
    quants.set(
      matrix.quants.subarray(stored * blockBytes, (stored + sums) * blockBytes),
      row * blocks * blockBytes,
    );
    scales.set(matrix.scales.subarray(stored, stored + sums), row * blocks);
    zeros.fill(middle);
    for (let block = 0; block < sums; block++) {
      const scale = matrix.scales[stored + block] ?? 0;
      const min = matrix.mins[stored + block] ?? 0;
      const zero = scale === 0 ? middle : clamp(Math.round(middle - min / scale), 0, 2 * middle - 1);
      zeros[block] = zero;
      rests[block] = min + scale * (zero - middle);
    }
    packInto(zeroPoints.subarray(row * zeroBytes, (row + 1) * zeroBytes), zeros, bits);
    for (let block = sums; block < blocks; block += 1) {
      const from = ((block - sums) * blockSize) % padded;
      const at = row * blocks + block;
      const digits = takeDigits(rests.subarray(from, from + blockSize), bits);
      scales[at] = digits.scale;
      packInto(quants.subarray(at * blockBytes, (at + 1) * blockBytes), digits.codes, bits);
    }
  }
  return { quants, scales, zeroPoints };
}

/** The nearest `bits`-bit numbers to `values`, counted from the middle, which keep what is left over. */
function takeDigits(values: Float32Array, bits: 4 | 8): { scale: number; codes: Uint8Array } {
  const middle = 2 ** (bits - 1);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = Math.fround(largest / (middle - 1));
  const codes = new Uint8Array(values.length).fill(middle);
  if (scale === 0) return { scale, codes };
  for (let index = 0; index < values.length; index++) {
    const digit = Math.round((values[index] ?? 0) / scale);
    codes[index] = middle + digit;
    values[index] = (values[index] ?? 0) - digit * scale;
  }
  return { scale, codes };
}

function packInto(bytes: Uint8Array, codes: Uint8Array, bits: 4 | 8): void {
  if (bits === 8) {
    bytes.set(codes);
    return;
  }
  for (let index = 0; index < codes.length; index += 2) {
    bytes[index / 2] = (codes[index] ?? 0) | ((codes[index + 1] ?? 0) << 4);
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
