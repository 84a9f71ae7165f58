/**
 * Symmetric 8-bit blocks of a matrix whose rows are a multiple of `blockSize` long: w ≈ scale·(q - 128), the largest
 * value of a block at 127. For checkpoints that come as floats.
 */
export function quantizeInt8(
  values: Float32Array,
  blockSize: number,
): { quants: Uint8Array; scales: Float32Array; mins: Float32Array } {
  const blocks = values.length / blockSize;
  const quants = new Uint8Array(values.length);
  const scales = new Float32Array(blocks);
  for (let block = 0; block < blocks; block++) {
    const start = block * blockSize;
    let largest = 0;
    for (let index = start; index < start + blockSize; index++) {
      largest = Math.max(largest, Math.abs(values[index] ?? 0));
    }
    const scale = largest / 127;
    scales[block] = scale;
    for (let index = start; index < start + blockSize; index++) {
      quants[index] = 128 + (scale === 0 ? 0 : Math.round((values[index] ?? 0) / scale));
    }
  }
  return { quants, scales, mins: new Float32Array(blocks) };
}

/**
 * Symmetric 4-bit blocks of a matrix whose rows are a multiple of `blockSize` long: w ≈ scale·(q - 8), the largest value
 * of a block at -8, as GGUF's Q4_0 does. Two values to a byte, the first in the lower half.
 */
export function quantizeInt4(
  values: Float32Array,
  blockSize: number,
): { quants: Uint8Array; scales: Float32Array } {
  const blocks = values.length / blockSize;
  const quants = new Uint8Array(values.length / 2);
  const scales = new Float32Array(blocks);
  for (let block = 0; block < blocks; block++) {
    const start = block * blockSize;
    let largest = 0;
    for (let index = start; index < start + blockSize; index++) {
      const value = values[index] ?? 0;
      if (Math.abs(value) > Math.abs(largest)) largest = value;
    }
    const scale = largest / -8;
    scales[block] = scale;
    const code = (index: number): number =>
      scale === 0 ? 8 : Math.min(15, 8 + Math.round((values[index] ?? 0) / scale));
    for (let index = start; index < start + blockSize; index += 2) {
      quants[index / 2] = code(index) | (code(index + 1) << 4);
    }
  }
  return { quants, scales };
}
