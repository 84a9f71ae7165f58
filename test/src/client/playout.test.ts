import fc from "fast-check";
import { expect, test } from "vitest";

import { Playout } from "../../../src/client/playout.ts";

const RATE = 1000; // one sample a millisecond
const counting = (from: number, length: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => from + index + 1);
const sound = (length: number, value = 1): Float32Array => new Float32Array(length).fill(value);

test("what arrives early is heard in order, what arrives late leaves a gap", () => {
  const playout = new Playout(RATE);
  playout.append(1, sound(20, 1), 100);
  playout.append(1, sound(20, 2), 105);
  playout.append(1, sound(20, 3), 150);
  const recording = playout.render(200);
  expect([recording[99], recording[100], recording[119], recording[120], recording[139]]).toEqual([
    0, 1, 1, 2, 2,
  ]);
  expect([recording[140], recording[149], recording[150], recording[169], recording[170]]).toEqual([
    0, 0, 3, 3, 0,
  ]);
  expect(playout.endMs).toBe(170);
});

test("an interruption cuts what is not heard yet, and only that", () => {
  const playout = new Playout(RATE);
  for (let frame = 0; frame < 5; frame++) playout.append(1, sound(20), 0);
  playout.interrupt(50);
  expect(playout.endMs).toBe(50);
  expect(playout.playedMs(1, 1000)).toBe(50);
  playout.append(2, sound(20, 2), 60);
  expect([...playout.render(80)].map(Math.round)).toEqual([...sound(50), ...sound(10, 0), ...sound(20, 2)]);
});

test("playback of a turn counts its own sound only, and not its gaps", () => {
  const playout = new Playout(RATE);
  playout.append(1, sound(20), 0);
  playout.append(2, sound(20), 100);
  playout.append(2, sound(20), 200);
  expect([0, 10, 110, 150, 210, 999].map((now) => playout.playedMs(2, now))).toEqual([0, 0, 10, 20, 30, 40]);
  expect(playout.playedMs(1, 999)).toBe(20);
});

test("whatever arrives when, sound never overlaps and never plays before it came", () => {
  const arrivals = fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 40 }), fc.boolean()), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(arrivals, (steps) => {
      const playout = new Playout(RATE);
      let now = 0;
      for (const [waitMs, length, interrupts] of steps) {
        now += waitMs;
        const before = playout.endMs;
        if (interrupts) {
          playout.interrupt(now);
          expect(playout.endMs).toBeLessThanOrEqual(Math.min(before, now));
        } else {
          playout.append(1, sound(length), now);
          expect(playout.endMs).toBe(Math.max(before, now) + length);
        }
      }
      const audible = playout.render(5000).reduce((sum, sample) => sum + sample, 0);
      expect(playout.playedMs(1, 1e6)).toBe(audible);
    }),
  );
});

test("is 12 dB lower while somebody may be talking into it", () => {
  const playout = new Playout(RATE);
  playout.append(1, sound(100), 0);
  playout.setFloor("ducked", 30);
  playout.setFloor("full", 60);
  const recording = playout.render(100);
  expect(recording[29]).toBe(1);
  expect(recording[30]).toBeCloseTo(10 ** (-12 / 20), 5);
  expect(recording[59]).toBeCloseTo(10 ** (-12 / 20), 5);
  expect(recording[60]).toBe(1);
});

test("holds what it has where it stands, with what still comes, and goes on without a gap or a repetition", () => {
  const playout = new Playout(RATE);
  playout.append(1, counting(0, 100), 0);
  playout.setFloor("paused", 40);
  expect(playout.endMs).toBe(Infinity);
  playout.append(1, counting(100, 20), 50);
  expect(playout.playedMs(1, 80)).toBe(40);
  playout.setFloor("full", 90);
  expect(playout.endMs).toBe(90 + 80);
  const recording = playout.render(170);
  expect([...recording.subarray(0, 40)]).toEqual([...counting(0, 40)]);
  expect([...recording.subarray(40, 90)]).toEqual(Array.from({ length: 50 }, () => 0));
  expect([...recording.subarray(90, 170)]).toEqual([...counting(40, 80)]);
});

test("forgets what it held when the answer is over", () => {
  const playout = new Playout(RATE);
  playout.append(1, sound(100), 0);
  playout.setFloor("paused", 40);
  playout.interrupt(60);
  playout.append(2, sound(10), 70);
  expect([...playout.render(90)].filter((sample) => sample !== 0)).toHaveLength(50);
});
