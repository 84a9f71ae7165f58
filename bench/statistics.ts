/** Middle and tail of a series of measurements. */
export interface Summary {
  readonly n: number;
  readonly median: number;
  /** 95th percentile; with fewer than 20 values that is all but the largest. */
  readonly p95: number;
}

/**
 * The value below which the share `q` of the values lies, interpolated between neighbours (Hyndman and Fan's type 7, as
 * NumPy and R do by default).
 * @param q - from 0 to 1.
 * @throws RangeError without values.
 */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new RangeError("no values to take a quantile of");
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const below = sorted[Math.floor(position)] ?? 0;
  const above = sorted[Math.ceil(position)] ?? 0;
  return below + (above - below) * (position - Math.floor(position));
}

/** @throws RangeError without values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** @throws RangeError without values. */
export function summarize(values: readonly number[]): Summary {
  return { n: values.length, median: median(values), p95: quantile(values, 0.95) };
}
