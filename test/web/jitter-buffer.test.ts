import fc from "fast-check";
import { expect, test } from "vitest";

import { JitterBuffer } from "../../web/client/jitter-buffer.ts";

const RATE = 48_000;
const QUANTUM = 128;

function pull(buffer: JitterBuffer, ms: number): number[] {
  const output: number[] = [];
  while (output.length < (ms * RATE) / 1000) {
    const quantum = new Float32Array(QUANTUM);
    buffer.pull(quantum);
    output.push(...quantum);
  }
  return output;
}

function sound(ms: number, value = 0.5): Float32Array {
  return new Float32Array((ms * RATE) / 1000).fill(value);
}

function loudest(samples: readonly number[]): number {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

test("80 ms are collected before anything is heard, unless that is all there is", () => {
  const buffer = new JitterBuffer(RATE);
  buffer.push(1, sound(60));
  expect(loudest(pull(buffer, 10))).toBe(0);
  buffer.push(1, sound(20));
  expect(loudest(pull(buffer, 10))).toBeGreaterThan(0.4);
  const short = new JitterBuffer(RATE);
  short.push(1, sound(30));
  short.finish();
  expect(loudest(pull(short, 10))).toBeGreaterThan(0.4);
});

test("after a reset the sound is gone within 5 ms, and does not come back", () => {
  const buffer = new JitterBuffer(RATE);
  buffer.push(1, sound(500));
  pull(buffer, 100);
  buffer.reset();
  const after = pull(buffer, 100);
  expect(loudest(after.slice(0, 10))).toBeGreaterThan(0.3);
  expect(loudest(after.slice((5 * RATE) / 1000))).toBe(0);
  expect(buffer.bufferedMs).toBe(0);
});

test("a reset just before the end of what there is does not click", () => {
  const buffer = new JitterBuffer(RATE);
  buffer.push(1, sound(80));
  const heard = pull(buffer, 79);
  buffer.reset();
  heard.push(...pull(buffer, 10));
  expect(loudest(heard.slice(1).map((sample, at) => sample - (heard[at] ?? 0)))).toBeLessThan(
    0.5 * (3 / 240),
  );
  expect(heard.at(-1)).toBe(0);
});

test("what is held goes on where it stopped: nothing is lost or repeated", () => {
  const buffer = new JitterBuffer(RATE);
  buffer.push(1, sound(300));
  pull(buffer, 100);
  buffer.setFloor("paused");
  pull(buffer, 20);
  const heldMs = buffer.playedMs;
  expect(loudest(pull(buffer, 500))).toBe(0);
  expect(buffer.playedMs).toBe(heldMs);
  buffer.setFloor("full");
  buffer.finish();
  expect(loudest(pull(buffer, 50))).toBeCloseTo(0.5);
  pull(buffer, 400);
  expect(buffer.playedMs).toBe(300);
});

test("another conversation's first turn is counted from its own beginning", () => {
  const buffer = new JitterBuffer(RATE);
  buffer.push(1, sound(200));
  pull(buffer, 150);
  buffer.forget();
  expect([buffer.turn, buffer.playedMs]).toEqual([0, 0]);
  expect(loudest(pull(buffer, 20).slice((5 * RATE) / 1000))).toBe(0);
  buffer.push(1, sound(100));
  buffer.finish();
  pull(buffer, 200);
  expect([buffer.turn, buffer.playedMs]).toEqual([1, 100]);
});

test("a ducked answer is a quarter as loud and is counted as played", () => {
  const buffer = new JitterBuffer(RATE);
  buffer.push(1, sound(300));
  pull(buffer, 100);
  buffer.setFloor("ducked");
  pull(buffer, 10);
  expect(loudest(pull(buffer, 50))).toBeCloseTo(0.5 * 10 ** (-12 / 20), 3);
  expect(buffer.playedMs).toBeGreaterThan(150);
});

test("a gap in the middle of an answer makes the next start later; the end of one does not", () => {
  const buffer = new JitterBuffer(RATE);
  buffer.push(1, sound(80));
  pull(buffer, 200);
  expect(buffer.underruns).toBe(0);
  buffer.push(1, sound(85));
  expect(loudest(pull(buffer, 10))).toBe(0);
  buffer.push(1, sound(10));
  expect(loudest(pull(buffer, 10))).toBeGreaterThan(0.4);
  expect(buffer.underruns).toBe(1);
  buffer.finish();
  pull(buffer, 200);
  buffer.push(2, sound(85));
  expect(loudest(pull(buffer, 10))).toBe(0);
  buffer.push(2, sound(10));
  expect(loudest(pull(buffer, 10))).toBeGreaterThan(0.4);
  expect(buffer.underruns).toBe(1);
});

test("the last frames of an answer that come together with its end, late, are no gap, however long it was", () => {
  fc.assert(
    fc.property(fc.integer({ min: 80, max: 1000 }), fc.integer({ min: 1, max: 80 }), (ms, lateMs) => {
      const buffer = new JitterBuffer(RATE);
      buffer.push(1, sound(ms));
      pull(buffer, ms + 20);
      buffer.push(1, sound(lateMs));
      buffer.finish();
      pull(buffer, lateMs + 20);
      expect([buffer.underruns, buffer.playedMs]).toEqual([0, ms + lateMs]);
      buffer.push(2, sound(80));
      expect(loudest(pull(buffer, 10))).toBeGreaterThan(0.4);
    }),
    { numRuns: 30 },
  );
});

test("whatever comes in whatever order, neighbours never jump and everything unheld is played once", () => {
  const order = fc.oneof(
    fc.record({ do: fc.constant("push" as const), ms: fc.integer({ min: 1, max: 200 }) }),
    fc.record({ do: fc.constant("pull" as const), ms: fc.integer({ min: 1, max: 200 }) }),
    fc.record({ do: fc.constantFrom("full" as const, "ducked" as const, "paused" as const) }),
    fc.record({ do: fc.constantFrom("finish" as const, "reset" as const) }),
  );
  fc.assert(
    fc.property(fc.array(order, { maxLength: 40 }), (orders) => {
      const buffer = new JitterBuffer(RATE);
      const heard: number[] = [0];
      let pushedMs = 0;
      for (const step of orders) {
        if (step.do === "push") {
          buffer.push(1, sound(step.ms));
          pushedMs += step.ms;
        } else if (step.do === "pull") heard.push(...pull(buffer, step.ms));
        else if (step.do === "finish") buffer.finish();
        else if (step.do === "reset") buffer.reset();
        else buffer.setFloor(step.do);
      }
      const jumps = heard.slice(1).map((sample, at) => sample - (heard[at] ?? 0));
      // Two fades of 5 ms may lie on each other.
      expect(loudest(jumps)).toBeLessThanOrEqual(0.5 * (3 / 240) + 1e-6);
      expect(buffer.playedMs).toBeLessThanOrEqual(pushedMs);
    }),
    { numRuns: 200 },
  );
});
