/** Steepness of the cubic kernel (Keys 1981), as PyTorch's. */
const STEEPNESS = -0.75;

/**
 * Learnt positions of a square grid for another grid, by bicubic interpolation between pixel centres (what PyTorch's
 * `interpolate(mode="bicubic", align_corners=False)` does, which the reference implementations use).
 *
 * @param positions - float32 [size², width], row by row
 * @returns float32 [rows · columns, width]; the same array where the grid is the same.
 */
export function interpolatePositions(
  positions: Float32Array,
  size: number,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Float32Array {
  if (rows === size && columns === size) return positions;
  const width = positions.length / (size * size);
  const result = new Float32Array(rows * columns * width);
  for (let row = 0; row < rows; row++) {
    const vertical = cubicTaps(row, rows, size);
    for (let column = 0; column < columns; column++) {
      const cell = result.subarray((row * columns + column) * width).subarray(0, width);
      const taps = crossed(vertical, cubicTaps(column, columns, size), size);
      addWeighted(cell, positions, taps);
    }
  }
  return result;
}

/** Adds rows of `positions`, each times its weight, to one of them. */
function addWeighted(cell: Float32Array, positions: Float32Array, taps: readonly Tap[]): void {
  const width = cell.length;
  for (const [row, weight] of taps) {
    const source = positions.subarray(row * width, (row + 1) * width);
    for (let channel = 0; channel < width; channel++)
      cell[channel] = (cell[channel] ?? 0) + weight * (source[channel] ?? 0);
  }
}

type Tap = readonly [index: number, weight: number];

/** The four nearest places along one axis and how much each counts; beyond the edge, the edge counts again. */
function cubicTaps(target: number, targetSize: number, size: number): readonly Tap[] {
  const place = ((target + 0.5) * size) / targetSize - 0.5;
  const first = Math.floor(place) - 1;
  return [0, 1, 2, 3].map((step) => {
    const index = first + step;
    return [Math.min(size - 1, Math.max(0, index)), cubic(Math.abs(place - index))];
  });
}

function cubic(distance: number): number {
  if (distance <= 1) return ((STEEPNESS + 2) * distance - (STEEPNESS + 3)) * distance * distance + 1;
  if (distance >= 2) return 0;
  return ((STEEPNESS * distance - 5 * STEEPNESS) * distance + 8 * STEEPNESS) * distance - 4 * STEEPNESS;
}

function crossed(vertical: readonly Tap[], horizontal: readonly Tap[], size: number): Tap[] {
  return vertical.flatMap(([row, high]) =>
    horizontal.map(([column, wide]): Tap => [row * size + column, high * wide]),
  );
}
