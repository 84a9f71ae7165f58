import fc from "fast-check";
import { expect, test } from "vitest";

import { SoundQueue } from "../../../src/client/loudspeaker.ts";
import { FrameCutter } from "../../../src/client/microphone.ts";
import { levelMeter } from "../../../src/client/terminal.ts";
import { floatsToPcm16 } from "../../../audio/index.ts";

const SAMPLE_RATE = 24_000;

/** Samples that say which they are, within the loudness of sound. */
function numbered(from: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => (from + index) / 10_000);
}

test("everything is heard once and in order, however it comes and however it is taken", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 50 })),
      fc.array(fc.integer({ min: 1, max: 50 })),
      (pieces, takes) => {
        const queue = new SoundQueue(SAMPLE_RATE);
        let given = 0;
        const heard: number[] = [];
        for (const [index, length] of pieces.entries()) {
          queue.append(index, numbered(given + 1, length));
          given += length;
          heard.push(...queue.take(takes[index] ?? 1).filter((sample) => sample !== 0));
        }
        heard.push(...queue.take(given + 1).filter((sample) => sample !== 0));
        expect(heard).toEqual([...numbered(1, given)]);
      },
    ),
  );
});

test("what is held is silent, and goes on where it stood", () => {
  const queue = new SoundQueue(SAMPLE_RATE);
  queue.append(1, new Float32Array(2400).fill(0.5));
  queue.take(1200);
  queue.setFloor("paused");
  expect(queue.take(1200).every((sample) => sample === 0)).toBe(true);
  queue.setFloor("full");
  expect(queue.take(2400).filter((sample) => sample !== 0)).toHaveLength(1200);
});

test("what is lowered is 12 dB lower and fades there without a jump", () => {
  const queue = new SoundQueue(SAMPLE_RATE);
  queue.append(1, new Float32Array(2400).fill(0.5));
  queue.setFloor("ducked");
  const heard = queue.take(2400);
  const steps = heard.map((sample, index) => Math.abs(sample - (heard[index - 1] ?? 0.5)));
  expect(Math.max(...steps)).toBeLessThan(0.01);
  expect(20 * Math.log10((heard.at(-1) ?? 0) / 0.5)).toBeCloseTo(-12, 1);
});

test("an interruption is silent at once, and the next answer is as loud as ever", () => {
  const queue = new SoundQueue(SAMPLE_RATE);
  queue.append(1, new Float32Array(2400).fill(0.5));
  queue.setFloor("paused");
  queue.interrupt();
  expect(queue.take(100).every((sample) => sample === 0)).toBe(true);
  queue.append(2, new Float32Array(24_000).fill(0.5));
  expect(queue.take(24_000).at(-1)).toBeCloseTo(0.5);
});

test("played is what has reached the ear, of the turn that is heard", () => {
  const queue = new SoundQueue(SAMPLE_RATE);
  queue.append(1, new Float32Array(48_000).fill(0.5));
  queue.take(2400);
  expect(queue.playedMs(1)).toBe(0);
  queue.take(24_000);
  expect(queue.playedMs(1)).toBeGreaterThan(900);
  expect(queue.playedMs(1)).toBeLessThan(1100);
  expect(queue.playedMs(2)).toBe(0);
});

test("a pipe cuts sound anywhere; frames are whole all the same", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 500 }), fc.array(fc.nat({ max: 60 })), (count, cuts) => {
      const bytes = Buffer.from(floatsToPcm16(numbered(0, count)));
      const cutter = new FrameCutter(40);
      const frames: Float32Array[] = [];
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        frames.push(...cutter.push(bytes.subarray(at, at + cut)));
        at += cut;
      }
      expect(frames).toHaveLength(Math.floor(count / 40));
      expect([...Buffer.concat(frames.map((frame) => floatsToPcm16(frame)))]).toEqual([
        ...bytes.subarray(0, frames.length * 80),
      ]);
    }),
  );
});

test.each([
  [-120, "····"],
  [-60, "····"],
  [-30, "##··"],
  [0, "####"],
  [6, "####"],
])("a level of %d dBFS is drawn as %s", (level, drawn) => {
  expect(levelMeter(level, 4)).toBe(drawn);
});
