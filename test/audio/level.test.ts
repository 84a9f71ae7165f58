import { expect, test } from "vitest";

import { measureLevel, SILENCE_DBFS } from "../../audio/index.ts";

test("a full-scale sine has a peak of 0 and an RMS of -3 dBFS", () => {
  const sine = Float32Array.from({ length: 16_000 }, (_, n) => Math.sin((2 * Math.PI * 400 * n) / 16_000));
  const { rmsDbfs, peakDbfs } = measureLevel(sine);
  expect(peakDbfs).toBeCloseTo(0, 2);
  expect(rmsDbfs).toBeCloseTo(-3.01, 2);
});

test("silence and nothing at all have a finite level, so that averages survive them", () => {
  expect(measureLevel(new Float32Array(10))).toEqual({ rmsDbfs: SILENCE_DBFS, peakDbfs: SILENCE_DBFS });
  expect(measureLevel(new Float32Array(0))).toEqual({ rmsDbfs: SILENCE_DBFS, peakDbfs: SILENCE_DBFS });
});
