/**
 * How an utterance sounds: mean and standard deviation over time of what the encoder made of it, [2 × width].
 * @param hidden - [steps, width], of which the first `steps` are the utterance's own.
 */
export function poolOverTime(hidden: Float32Array, width: number, steps: number): Float32Array {
  const pooled = new Float32Array(2 * width);
  for (let index = 0; index < width; index++) {
    let sum = 0;
    let squares = 0;
    for (let step = 0; step < steps; step++) {
      const value = hidden[step * width + index] ?? 0;
      sum += value;
      squares += value * value;
    }
    const mean = sum / Math.max(1, steps);
    pooled[index] = mean;
    pooled[width + index] = Math.sqrt(Math.max(0, squares / Math.max(1, steps) - mean * mean));
  }
  return pooled;
}
