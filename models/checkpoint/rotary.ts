/**
 * Undoes the row order in which llama.cpp's converter stores the query and key matrices (and biases) of architecture
 * `llama`, where the two numbers that a rotation turns lie side by side: row `2j + h` of a head goes back to row
 * `h * headSize / 2 + j`, the order of the original checkpoint (rotation by halves).
 *
 * Moves whole rows, so packed blocks are as good as floats; `bytes` holds `rows` rows of equal length, divided
 * evenly among `heads` (for keys: key-value heads). Returns a new array.
 */
export function unpermuteRotary(bytes: Uint8Array, rows: number, heads: number): Uint8Array {
  const rowBytes = bytes.length / rows;
  const headSize = rows / heads;
  if (!Number.isInteger(rowBytes) || !Number.isInteger(headSize / 2)) {
    throw new RangeError(`${rows} rows in ${bytes.length} bytes cannot be divided among ${heads} heads`);
  }
  const result = new Uint8Array(bytes.length);
  for (let row = 0; row < rows; row++) {
    const inHead = row % headSize;
    const original = row - inHead + (inHead % 2) * (headSize / 2) + Math.floor(inHead / 2);
    result.set(bytes.subarray(row * rowBytes, (row + 1) * rowBytes), original * rowBytes);
  }
  return result;
}
