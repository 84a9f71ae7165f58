import type { Picture } from "./picture.ts";

interface Kernel {
  /** Weight of a source pixel at this distance from the target's centre. */
  readonly weight: (distance: number) => number;
  /** Distance from which on weights are 0. */
  readonly support: number;
}

/** Catmull-Rom, a = -0.5, as in Keys, "Cubic convolution interpolation for digital image processing" (1981). */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

const KERNELS = {
  bilinear: { weight: (distance) => Math.max(0, 1 - Math.abs(distance)), support: 1 },
  bicubic: { weight: cubic, support: 2 },
  lanczos: {
    weight: (distance) => (Math.abs(distance) < 3 ? sinc(distance) * sinc(distance / 3) : 0),
    support: 3,
  },
} satisfies Readonly<Record<string, Kernel>>;

export type ResizeKernel = keyof typeof KERNELS;

/** A rectangle in a picture, in pixels; edges may lie between pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * A picture of the given size from a box of another, the whole of it by default. The kernel grows with the reduction, so
 * nothing aliases; between rows and columns values are rounded to 8 bits, as in Pillow.
 */
export function resize(
  picture: Picture,
  size: { readonly width: number; readonly height: number },
  kernel: ResizeKernel,
  box: Box = { left: 0, top: 0, width: picture.width, height: picture.height },
): Picture {
  const { width, height } = size;
  const columns = tapsOf(KERNELS[kernel], { from: box.left, length: box.width, limit: picture.width }, width);
  const rows = tapsOf(KERNELS[kernel], { from: box.top, length: box.height, limit: picture.height }, height);
  const firstRow = rows[0]?.first ?? 0;
  const last = rows.at(-1);
  const neededRows = last === undefined ? 0 : last.first + last.weights.length - firstRow;
  const narrow = resizeRows(picture, columns, firstRow, neededRows);
  return { width, height, rgb: resizeColumns(narrow, width, rows, firstRow) };
}

/** Source pixels from `first` on that make up a target pixel. */
interface Taps {
  readonly first: number;
  readonly weights: Float32Array;
}

interface Span {
  readonly from: number;
  readonly length: number;
  /** Source pixels there are. */
  readonly limit: number;
}

function tapsOf({ weight, support }: Kernel, { from, length, limit }: Span, count: number): Taps[] {
  const scale = length / count;
  const stretch = Math.max(1, scale);
  return Array.from({ length: count }, (_, index) => {
    const center = from + (index + 0.5) * scale;
    const first = Math.min(limit - 1, Math.max(0, Math.round(center - support * stretch)));
    const end = Math.max(first + 1, Math.min(limit, Math.round(center + support * stretch)));
    const weights = Float32Array.from({ length: end - first }, (_, tap) =>
      weight((first + tap + 0.5 - center) / stretch),
    );
    const sum = weights.reduce((total, value) => total + value, 0);
    // Wholly outside the picture no weight is left; its edge goes on there.
    return {
      first,
      weights: sum === 0 ? weights.fill(1 / weights.length) : weights.map((value) => value / sum),
    };
  });
}

/** [rows, width, 3], from `firstRow` on. */
function resizeRows(
  { width, rgb }: Picture,
  columns: readonly Taps[],
  firstRow: number,
  rows: number,
): Uint8ClampedArray {
  const narrow = new Uint8ClampedArray(rows * columns.length * 3);
  let target = 0;
  for (let row = firstRow; row < firstRow + rows; row++) {
    for (const { first, weights } of columns) {
      let red = 0;
      let green = 0;
      let blue = 0;
      let at = 3 * (row * width + first);
      // By index: an iterator here, in the innermost loop, costs as much again as all the rest.
      for (let tap = 0; tap < weights.length; tap++) {
        const weight = weights[tap] ?? 0;
        red += weight * (rgb[at] ?? 0);
        green += weight * (rgb[at + 1] ?? 0);
        blue += weight * (rgb[at + 2] ?? 0);
        at += 3;
      }
      narrow[target] = red;
      narrow[target + 1] = green;
      narrow[target + 2] = blue;
      target += 3;
    }
  }
  return narrow;
}

function resizeColumns(
  narrow: Uint8ClampedArray,
  width: number,
  rows: readonly Taps[],
  firstRow: number,
): Uint8Array {
  const stride = width * 3;
  const rgb = new Uint8ClampedArray(rows.length * stride);
  const sums = new Float32Array(stride);
  for (const [row, { first, weights }] of rows.entries()) {
    sums.fill(0);
    for (const [tap, weight] of weights.entries()) {
      const from = (first - firstRow + tap) * stride;
      for (let at = 0; at < stride; at++) sums[at] = (sums[at] ?? 0) + weight * (narrow[from + at] ?? 0);
    }
    rgb.set(sums, row * stride);
  }
  return new Uint8Array(rgb.buffer);
}
