import fc from "fast-check";
import { expect, it } from "vitest";

import { DEFAULT_SEGMENTER_OPTIONS } from "../../audio/index.ts";
import { segmenterSettings } from "../../streaming/hearing-manners.ts";

it("changes nothing for a client that asks for nothing, or for what is usual", () => {
  const { speechThreshold, silenceThreshold, preRollMs } = DEFAULT_SEGMENTER_OPTIONS;
  const usual = { speechThreshold, silenceThreshold, preRollMs };
  expect(segmenterSettings()).toEqual(usual);
  expect(segmenterSettings({ threshold: 0.5, preRollMs: 500 })).toEqual(usual);
});

it("lets speech begin and end whatever is asked for, else no turn would", () => {
  const anyThreshold = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(anyThreshold, (threshold) => {
      const { speechThreshold, silenceThreshold } = segmenterSettings({ threshold });
      expect(silenceThreshold).toBeGreaterThan(0.02);
      expect(speechThreshold).toBeGreaterThan(silenceThreshold);
      expect(speechThreshold).toBeLessThan(0.99);
    }),
  );
  expect(segmenterSettings({ threshold: 0.8, preRollMs: 0 })).toMatchObject({
    speechThreshold: 0.8,
    preRollMs: 0,
  });
});
