import type { Picture } from "./picture.ts";

const COLUMNS = 16;
const ROWS = 12;
/** Points a cell is measured at, along each side: enough to average a camera's noise away, cheap at any size. */
const POINTS = 6;

/** Red, green and blue. */
const CHANNELS = 3;

/**
 * Mean red, green and blue of the cells of a grid of 16 x 12 over the picture, in [0, 1], row by row. Sampled, so that it
 * costs the same for all sizes: 7 thousand pixels, some 50 µs.
 */
export function sceneGrid({ width, height, rgb }: Picture): Float32Array {
  const grid = new Float32Array(COLUMNS * ROWS * CHANNELS);
  for (let row = 0; row < ROWS * POINTS; row++) {
    const y = Math.floor(((row + 0.5) * height) / (ROWS * POINTS));
    const cells = Math.floor(row / POINTS) * COLUMNS;
    for (let column = 0; column < COLUMNS * POINTS; column++) {
      const x = Math.floor(((column + 0.5) * width) / (COLUMNS * POINTS));
      const at = CHANNELS * (y * width + x);
      const cell = CHANNELS * (cells + Math.floor(column / POINTS));
      for (let channel = 0; channel < CHANNELS; channel++)
        grid[cell + channel] = (grid[cell + channel] ?? 0) + (rgb[at + channel] ?? 0);
    }
  }
  return grid.map((sum) => sum / (255 * POINTS * POINTS));
}

/** How much two grids differ, from 0 for the same picture to 1 for black and white. */
export interface SceneDifference {
  /** Of the whole picture: the root mean square of the cells' difference in luma (Rec. 601). */
  readonly overall: number;
  /** Of the one cell that differs most, in the one of its colours that does: a small thing, or one as bright as the other. */
  readonly local: number;
}

/** Compares two grids of {@link sceneGrid}. */
export function sceneDifference(a: Float32Array, b: Float32Array): SceneDifference {
  let squares = 0;
  let local = 0;
  for (let cell = 0; cell < a.length; cell += CHANNELS) {
    const red = (a[cell] ?? 0) - (b[cell] ?? 0);
    const green = (a[cell + 1] ?? 0) - (b[cell + 1] ?? 0);
    const blue = (a[cell + 2] ?? 0) - (b[cell + 2] ?? 0);
    squares += (0.299 * red + 0.587 * green + 0.114 * blue) ** 2;
    local = Math.max(local, Math.abs(red), Math.abs(green), Math.abs(blue));
  }
  return { overall: Math.sqrt((CHANNELS * squares) / a.length), local };
}
