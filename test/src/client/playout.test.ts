import fc from "fast-check";
import { expect, test } from "vitest";

import { Playout } from "../../../src/client/playout.ts";

const RATE = 1000; // one sample a millisecond
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
