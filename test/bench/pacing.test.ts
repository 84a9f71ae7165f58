import { expect, test } from "vitest";

import { PacingClock } from "../../bench/pacing.ts";

test("a frame that leaves late is found by its place in the conversation", async () => {
  let now = 5000;
  const lateMs = [0, 0, 90, 0];
  const clock = new PacingClock(
    {
      nowMs: () => now,
      sleep: async (ms) => {
        now += ms + (lateMs.shift() ?? 0);
        await Promise.resolve();
      },
    },
    20,
  );
  const { signal } = new AbortController();
  for (const frame of [1, 2, 3, 8]) await clock.sleep(5000 + frame * 20 - now, { signal });
  expect(clock.worstSlipMs(0, 60)).toBe(0);
  expect(clock.worstSlipMs(60, 80)).toBe(90);
  expect(clock.worstSlipMs(80, 1000)).toBe(0);
});
