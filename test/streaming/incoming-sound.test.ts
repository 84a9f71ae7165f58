import { expect, test } from "vitest";

import { IncomingSound } from "../../streaming/incoming-sound.ts";

const clock = { nowMs: () => 0, sleep: () => Promise.resolve() };
const FRAME = 320;

async function lengthOf(sound: IncomingSound): Promise<number> {
  sound.close();
  let read = 0;
  for await (const samples of sound.frames(new AbortController())) read += samples.length;
  return read;
}

test.each([10, 20, 60, 1000])(
  "two minutes that come at once, in pieces of %i ms, are all heard",
  async (pieceMs) => {
    const sound = new IncomingSound(clock);
    for (let ms = 0; ms < 120_000; ms += pieceMs) sound.push(new Float32Array(pieceMs * 16));
    expect(sound.receivedSamples).toBe(120_000 * 16);
    expect(await lengthOf(sound)).toBe(120_000 * 16);
  },
);

test("sound that was dropped because listening lags behind is not counted, so that later timings are right", async () => {
  const sound = new IncomingSound(clock);
  for (let frame = 0; frame < 8000; frame++) sound.push(new Float32Array(FRAME));
  const received = sound.receivedSamples;
  const read = await lengthOf(sound);
  expect(read).toBe(7500 * FRAME);
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
