import { expect, test } from "vitest";

import { meanOfShares, medianEstimate, shareEstimate, toFigure } from "../../../bench/duplex/estimates.ts";

test("a value that is missing counts as the window in which it was waited for", () => {
  const estimate = medianEstimate("delay", "ms", [100, undefined, 300, undefined, undefined], 2000);
  expect(estimate).toMatchObject({ n: 5, value: 2000, mean: 1280 });
});

test("a share lies in its interval, which is the same in every run and narrows with the sample", () => {
  const hits = (n: number): boolean[] => Array.from({ length: n }, (_, index) => index % 4 !== 0);
  const few = shareEstimate("share", hits(20))!;
  const many = shareEstimate("share", hits(2000))!;
  expect(few.value).toBe(0.75);
  expect(few.interval[0]).toBeLessThan(0.75);
  expect(few.interval[1]).toBeGreaterThan(0.75);
  expect(many.interval[1] - many.interval[0]).toBeLessThan(few.interval[1] - few.interval[0]);
  expect(shareEstimate("share", hits(20))).toEqual(few);
});

test("nothing measured is nothing, not nought", () => {
  expect(medianEstimate("delay", "ms", [], 2000)).toBeUndefined();
  expect(shareEstimate("share", [])).toBeUndefined();
  expect(meanOfShares("mean", [[true], []])).toBeUndefined();
});

test("a share is held to its limit as one number, a delay by its median and tail", () => {
  const limit = { statistic: "median", bound: "at least", value: 0.9 } as const;
  expect(toFigure(shareEstimate("share", [true, true], [limit])!)).toMatchObject({ n: 1, median: 1 });
  expect(toFigure(medianEstimate("delay", "ms", [1, 2, 3], 0)!)).toMatchObject({ n: 3, median: 2 });
});
