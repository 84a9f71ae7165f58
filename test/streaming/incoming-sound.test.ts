import { expect, test } from "vitest";

import { IncomingSound } from "../../streaming/incoming-sound.ts";

const clock = { nowMs: () => 0, sleep: () => Promise.resolve() };
const FRAME = 320;

test("sound that was dropped because listening lags behind is not counted, so that later timings are right", async () => {
  const sound = new IncomingSound(clock);
  for (let frame = 0; frame < 750; frame++) sound.push(new Float32Array(FRAME));
  const received = sound.receivedSamples;
  sound.close();
  let read = 0;
  for await (const samples of sound.frames(new AbortController())) read += samples.length;
  expect(read).toBe(500 * FRAME);
  expect(received).toBe(read);
});

test("sound that is forgotten unheard is not counted, and none is after the end", () => {
  const sound = new IncomingSound(clock);
  for (let frame = 0; frame < 3; frame++) sound.push(new Float32Array(FRAME));
  expect(sound.receivedSamples).toBe(3 * FRAME);
  sound.forget();
  expect(sound.receivedSamples).toBe(0);
  sound.close();
  sound.push(new Float32Array(FRAME));
  expect(sound.receivedSamples).toBe(0);
});
