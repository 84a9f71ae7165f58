import fc from "fast-check";
import { expect, test } from "vitest";

import { median, quantile, summarize } from "../../bench/statistics.ts";

test("quantiles lie where NumPy puts them", () => {
  const values = [7, 1, 3, 5, 9];
  expect([0, 0.25, 0.5, 0.625, 1].map((q) => quantile(values, q))).toEqual([1, 3, 5, 6, 9]);
  expect(values).toEqual([7, 1, 3, 5, 9]);
});

test("the 95th percentile of a hundred values leaves five of them above", () => {
  const values = Array.from({ length: 100 }, (_, index) => index + 1);
  const { n, median: middle, p95 } = summarize(values);
  expect([n, middle]).toEqual([100, 50.5]);
  expect(values.filter((value) => value > p95)).toHaveLength(5);
});

test("numbers are ordered as numbers, not as text", () => {
  expect(median([100, 9, 20])).toBe(20);
});

test("nothing measured is no zero", () => {
  expect(() => median([])).toThrow(RangeError);
});

test("quantiles stay between the extremes, grow with q, and do not depend on the order", () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(values, share, share, (series, a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      expect(quantile(series, low)).toBeLessThanOrEqual(quantile(series, high) + 1e-6);
      expect(quantile(series, low)).toBeGreaterThanOrEqual(Math.min(...series));
      expect(quantile(series, high)).toBeLessThanOrEqual(Math.max(...series) + 1e-6);
      expect(quantile(series.toReversed(), a)).toBe(quantile(series, a));
    }),
  );
});
