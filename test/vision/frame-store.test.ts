import fc from "fast-check";
import { expect, test } from "vitest";

import { FrameStore } from "../../vision/index.ts";

interface Frame {
  readonly name: number;
  readonly atMs: number;
  readonly byteLength: number;
}

const times = fc.array(fc.record({ atMs: fc.nat(1000), byteLength: fc.integer({ min: 1, max: 50 }) }), {
  maxLength: 40,
});

test("what was in view at a time is the newest frame captured until then, in whatever order they came", () => {
  fc.assert(
    fc.property(times, fc.integer({ min: -1, max: 1100 }), (captured, askedMs) => {
      const store = new FrameStore<Frame>({ maxFrames: 100, maxBytes: 10_000 });
      const frames = captured.map((frame, name) => ({ ...frame, name }));
      for (const frame of frames) store.add(frame);
      const newest = frames
        .filter(({ atMs }) => atMs <= askedMs)
        .reduce((best, { atMs }) => Math.max(best, atMs), -1);
      expect(store.inViewAt(askedMs)?.atMs ?? -1).toBe(newest);
    }),
  );
});

test("memory has an end: never more frames or bytes than allowed, and nothing is lost without being told", () => {
  const bounds = fc.record({
    maxFrames: fc.integer({ min: 1, max: 8 }),
    maxBytes: fc.integer({ min: 1, max: 120 }),
  });
  fc.assert(
    fc.property(times, bounds, (captured, options) => {
      const store = new FrameStore<Frame>(options);
      const told: number[] = [];
      for (const [name, frame] of captured.entries()) {
        told.push(...store.add({ ...frame, name }).map((forgotten) => forgotten.name));
        expect(store.frames.length).toBeLessThanOrEqual(options.maxFrames);
        expect(store.byteLength).toBeLessThanOrEqual(options.maxBytes);
        expect(store.byteLength).toBe(store.frames.reduce((sum, { byteLength }) => sum + byteLength, 0));
      }
      const kept = store.frames.map(({ name }) => name);
      expect([...told, ...kept].toSorted((a, b) => a - b)).toEqual([...captured.keys()]);
    }),
  );
});

test("of equal times the one that came last counts, and a frame too large for the store drives no other out", () => {
  const store = new FrameStore<Frame>({ maxFrames: 4, maxBytes: 10 });
  store.add({ name: 1, atMs: 5, byteLength: 4 });
  store.add({ name: 2, atMs: 5, byteLength: 4 });
  expect(store.inViewAt(5)?.name).toBe(2);
  expect(store.add({ name: 3, atMs: 6, byteLength: 11 })).toMatchObject([{ name: 3 }]);
  expect(store.newest?.name).toBe(2);
  store.clear();
  expect([store.newest, store.byteLength]).toEqual([undefined, 0]);
});
