import { expect, test } from "vitest";

import { CAPTURE_RATE, FRAME_SAMPLES } from "../../web/client/capture-messages.ts";
import { CaptureLane } from "../../web/client/capture-lane.ts";

const QUANTUM = 128;

test.each([48_000, 44_100, 16_000, 96_000])(
  "at %d Hz a frame is there with the block that ends its 20 ms, however long it goes on",
  (sampleRate) => {
    const lane = new CaptureLane(sampleRate);
    let frames = 0;
    for (let block = 1; block <= 2000; block++) {
      frames += lane.take(new Float32Array(QUANTUM)).length;
      expect(frames).toBe(Math.floor((block * QUANTUM) / (sampleRate / 50)));
    }
  },
);

test("a tone comes out as it is, a millisecond or two late", () => {
  const sampleRate = 48_000;
  const tone = (index: number, rate: number): number => Math.sin((2 * Math.PI * 400 * index) / rate);
  const lane = new CaptureLane(sampleRate);
  const heard: number[] = [];
  for (let start = 0; start < sampleRate; start += QUANTUM) {
    const block = Float32Array.from({ length: QUANTUM }, (_, at) => tone(start + at, sampleRate));
    for (const frame of lane.take(block)) heard.push(...frame);
  }
  const difference = (lateBy: number): number =>
    Math.max(
      ...heard
        .slice(2 * FRAME_SAMPLES, -FRAME_SAMPLES)
        .map((sample, index) => Math.abs(sample - tone(index + 2 * FRAME_SAMPLES - lateBy, CAPTURE_RATE))),
    );
  const best = Math.min(...Array.from({ length: 33 }, (_, lateBy) => difference(lateBy)));
  expect(best).toBeLessThan(0.01);
});
