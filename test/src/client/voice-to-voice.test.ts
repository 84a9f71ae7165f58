import fc from "fast-check";
import { expect, test } from "vitest";

import { tone } from "../../../models/fakes/index.ts";
import { voiceToVoiceMs } from "../../../src/client/voice-to-voice.ts";

const RATE = 24_000;

function track(
  lengthMs: number,
  ...sounds: readonly (readonly [startMs: number, durationMs: number, gain?: number])[]
): Float32Array {
  const samples = new Float32Array((lengthMs * RATE) / 1000);
  for (const [startMs, durationMs, gain = 1] of sounds) {
    samples.set(
      tone(440, durationMs, RATE).map((sample) => sample * gain),
      (startMs * RATE) / 1000,
    );
  }
  return samples;
}

test("the wait is the silence between question and answer, wherever they lie", () => {
  const ms = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
  fc.assert(
    fc.property(ms(0, 300), ms(50, 500), ms(0, 1500), ms(50, 300), (start, asking, waiting, answering) => {
      const length = start + asking + waiting + answering + 50;
      const user = track(length, [start, asking]);
      const assistant = track(length, [start + asking + waiting, answering]);
      const measured = voiceToVoiceMs(user, assistant, RATE) ?? -1;
      expect(Math.abs(measured - waiting)).toBeLessThanOrEqual(20); // a window at either end
    }),
    { numRuns: 50 },
  );
});

test("an answer to an earlier question does not count", () => {
  const user = track(3000, [0, 300], [1500, 300]);
  const assistant = track(3000, [600, 500], [2300, 500]);
  expect(voiceToVoiceMs(user, assistant, RATE)).toBeCloseTo(500, -1);
});

test("noise 40 dB below the voice is no voice, on either side", () => {
  const user = track(2000, [0, 500], [500, 1500, 0.01]);
  const assistant = track(2000, [0, 900, 0.01], [900, 500]);
  expect(voiceToVoiceMs(user, assistant, RATE)).toBeCloseTo(400, -1);
});

test("without a question or without an answer there is no wait", () => {
  const silent = track(1000);
  const spoken = track(1000, [0, 300]);
  expect(voiceToVoiceMs(silent, spoken, RATE)).toBeUndefined();
  expect(voiceToVoiceMs(spoken, silent, RATE)).toBeUndefined();
});
