import { expect, test } from "vitest";

import { IncomingSound } from "../../streaming/incoming-sound.ts";
import { ManualClock } from "../support/manual-clock.ts";

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

test("time passes by the sound as it comes, and by the clock while none does", () => {
  const manual = new ManualClock();
  const sound = new IncomingSound(manual);
  manual.advance(5000);
  expect(sound.nowMs).toBe(5000);
  for (let frame = 0; frame < 50; frame++) {
    sound.push(new Float32Array(FRAME));
    manual.advance(20);
  }
  expect(sound.nowMs).toBe(5980); // the first frame had sounded when it came
  manual.advance(200); // on its way for a moment
  expect(sound.nowMs).toBe(5980);
  manual.advance(3000);
  expect(sound.nowMs).toBe(9200);
});

test("sound that comes by the second, in one piece, is not missing in between", () => {
  const manual = new ManualClock();
  const sound = new IncomingSound(manual);
  for (let second = 1; second <= 5; second++) {
    manual.advance(1000);
    sound.push(new Float32Array(16_000));
    expect(sound.nowMs).toBe(second * 1000);
  }
});

test("what was said before the sound went away was said then, not when it came back", () => {
  const manual = new ManualClock();
  const sound = new IncomingSound(manual);
  sound.push(new Float32Array(16_000));
  manual.advance(4000);
  sound.push(new Float32Array(16_000));
  expect(sound.timeOf(800)).toBe(800);
  expect(sound.timeOf(1000)).toBe(1000);
  expect(sound.timeOf(1500)).toBe(4500);
});

// A client would look for what it is told of in the wrong place of what it sent.
test("silence that was put in takes no time in what the client sent", async () => {
  const sound = new IncomingSound(clock);
  const sent = (ms: number): void => {
    sound.push(new Float32Array(ms * 16));
  };
  const putIn = (ms: number): void => {
    sound.fill(ms * 16);
  };
  sent(1000);
  putIn(500);
  putIn(500);
  sent(1000);
  putIn(250);
  sent(1000);
  const frames = sound.frames(new AbortController());
  const placesAfter = async (pieces: number, ...places: number[]): Promise<number[]> => {
    for (let piece = 0; piece < pieces; piece++) await frames.next();
    return places.map((atMs) => sound.sentMs(atMs));
  };
  expect(await placesAfter(4, 0, 900, 1000, 1700, 2000, 2400)).toEqual([0, 900, 1000, 1000, 1000, 1400]);
  expect(await placesAfter(2, 2400, 3000, 3100, 3250, 3300)).toEqual([1400, 2000, 2000, 2000, 2050]);
});

test("silence that was put in and is forgotten unheard is none in what the client sent", async () => {
  const sound = new IncomingSound(clock);
  sound.fill(FRAME);
  sound.forget();
  sound.push(new Float32Array(FRAME));
  await sound.frames(new AbortController()).next();
  expect(sound.sentMs(20)).toBe(20);
});
