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
