import fc from "fast-check";
import { expect, test } from "vitest";

import { clipTimes, LiveSampler } from "../../vision/index.ts";

const grid = (level: number): Float32Array => new Float32Array(576).fill(level);

test.each([
  [10, 1],
  [1000, 4],
  [3900, 15],
  [4000, 4],
  [10_500, 10],
  [16_000, 16],
  [600_000, 16],
])("a clip of %d ms is looked at %d times", (durationMs, count) => {
  expect(clipTimes(durationMs)).toHaveLength(count);
});

test("a clip's frames lie inside it, in order and evenly, whatever its length", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000 }), (durationMs) => {
      const looks = clipTimes(durationMs);
      const gaps = looks.slice(1).map((atMs, index) => atMs - (looks[index] ?? 0));
      for (const gap of gaps) expect(gap).toBeCloseTo(durationMs / looks.length, 3);
      expect(looks[0]).toBeGreaterThan(0);
      expect(looks.at(-1)).toBeLessThan(durationMs);
    }),
  );
});

test("while the user speaks a changing scene is looked at once a second, otherwise every three seconds", () => {
  const looksIn = (speaking: boolean): number => {
    const sampler = new LiveSampler();
    const frames = Array.from({ length: 300 }, (_, index) => ({
      atMs: index * 100,
      grid: grid((index * 0.37) % 1),
      speaking,
    }));
    return frames.filter((frame) => sampler.judge(frame) === "look").length;
  };
  expect(looksIn(true)).toBe(30);
  expect(looksIn(false)).toBe(10);
});

test("what shows the same is not looked at again, however long it lasts", () => {
  const sampler = new LiveSampler();
  expect(sampler.judge({ atMs: 0, grid: grid(0.5), speaking: true })).toBe("look");
  expect(sampler.judge({ atMs: 60_000, grid: grid(0.51), speaking: true })).toBe("unchanged");
  expect(sampler.judge({ atMs: 60_100, grid: grid(0.6), speaking: true })).toBe("look");
  expect(sampler.judge({ atMs: 60_200, grid: grid(0), speaking: true })).toBe("early");
});

test("a scene that changes slowly is looked at again in the end, since it is compared with what was looked at", () => {
  const sampler = new LiveSampler();
  const verdicts = Array.from({ length: 20 }, (_, index) =>
    sampler.judge({ atMs: index * 5000, grid: grid(0.3 + index * 0.01), speaking: false }),
  );
  expect(verdicts.filter((verdict) => verdict === "look").length).toBeGreaterThan(3);
});

test("after a reset the next frame is looked at", () => {
  const sampler = new LiveSampler();
  sampler.judge({ atMs: 0, grid: grid(0.5), speaking: true });
  sampler.reset();
  expect(sampler.judge({ atMs: 10, grid: grid(0.5), speaking: true })).toBe("look");
});
