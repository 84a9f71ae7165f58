import { expect, test } from "vitest";

import { amplify, highShelf, lowPass, mixInto, reflect } from "../../../bench/duplex/filters.ts";
import { makeNoise } from "../../../bench/duplex/noises.ts";
import { carry, toLevel } from "../../../bench/duplex/studio.ts";
import { measureLevel } from "../../../audio/index.ts";

const SAMPLE_RATE = 24_000;

function sine(frequencyHz: number, lengthMs = 500): Float32Array {
  const length = (lengthMs * SAMPLE_RATE) / 1000;
  return Float32Array.from(
    { length },
    (_, index) => 0.5 * Math.sin((2 * Math.PI * frequencyHz * index) / SAMPLE_RATE),
  );
}

/** Change of level in dB, without the first 100 ms, in which filters settle. */
function gainDb(frequencyHz: number, process: (samples: Float32Array) => Float32Array): number {
  const input = sine(frequencyHz);
  const settled = SAMPLE_RATE / 10;
  const level = (samples: Float32Array): number =>
    measureLevel(samples.subarray(settled, input.length)).rmsDbfs;
  return level(process(input)) - level(input);
}

test("a gain is as many decibels as it says", () => {
  expect(gainDb(1000, (samples) => amplify(samples, -8))).toBeCloseTo(-8, 3);
});

test("the low-pass halves the power at its cut-off and falls by 12 dB per octave", () => {
  const process = (samples: Float32Array): Float32Array => lowPass(samples, 3000, SAMPLE_RATE);
  expect(gainDb(300, process)).toBeCloseTo(0, 1);
  expect(gainDb(3000, process)).toBeCloseTo(-3, 1);
  expect(gainDb(6000, process)).toBeLessThan(-12);
});

test("the high shelf lowers what is above its corner and nothing below", () => {
  const process = (samples: Float32Array): Float32Array => highShelf(samples, 4000, -5, SAMPLE_RATE);
  expect(gainDb(300, process)).toBeCloseTo(0, 1);
  expect(gainDb(4000, process)).toBeCloseTo(-2.5, 1);
  expect(gainDb(11_000, process)).toBeCloseTo(-5, 1);
});

test("reflections come when and as loud as they should, and none is cut off", () => {
  const click = Float32Array.of(1);
  const walls = [
    { delayMs: 45, gainDb: -6 },
    { delayMs: 120, gainDb: -12 },
  ];
  const sound = reflect(click, walls, SAMPLE_RATE);
  expect(sound).toHaveLength(1 + 0.12 * SAMPLE_RATE);
  expect(sound[0]).toBe(1);
  expect(sound[0.045 * SAMPLE_RATE]).toBeCloseTo(10 ** (-6 / 20), 5);
  expect(sound[0.12 * SAMPLE_RATE]).toBeCloseTo(10 ** (-12 / 20), 5);
});

test("mixing adds, and leaves out what does not fit", () => {
  const sound = Float32Array.of(1, 1, 1);
  mixInto(sound, Float32Array.of(2, 3, 4), 1);
  expect([...sound]).toEqual([1, 3, 4]);
});

test("somebody turned away is quieter, and the background quieter still", () => {
  // A tone would be raised or lowered by its own reflections.
  const noise = makeNoise("white", 500, 1, undefined, SAMPLE_RATE);
  const level = (place: "near" | "turned-away" | "background"): number =>
    measureLevel(carry(noise, place, SAMPLE_RATE)).rmsDbfs;
  expect(level("turned-away")).toBeLessThan(level("near") - 3);
  expect(level("background")).toBeLessThan(level("turned-away") - 3);
});

test("a level is that of the speech, not of the pauses in it", () => {
  const speech = new Float32Array(SAMPLE_RATE);
  speech.set(sine(500, 100));
  const loud = toLevel(speech, -23);
  expect(measureLevel(loud.subarray(0, SAMPLE_RATE / 10)).rmsDbfs).toBeCloseTo(-23, 1);
});
