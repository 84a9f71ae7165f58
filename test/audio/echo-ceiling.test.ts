import { expect, it } from "vitest";

import { EchoCeiling } from "../../audio/echo-ceiling.ts";

const DELAYS = 33;
const SILENCE = 1e-8;

/** A ceiling after so many frames, of 16 ms, in which that was played, heard, and heard above the noise. */
function after(
  frames: number,
  [played, heard, audible]: readonly [number, number, number],
  ceiling = new EchoCeiling(DELAYS, SILENCE),
): EchoCeiling {
  for (let frame = 0; frame < frames; frame++) ceiling.push(played, heard, audible);
  return ceiling;
}

it("is high before something was played, so that the first echo can be heard as one", () => {
  const unknown = after(1, [0.01, 1e-4, 1e-4]);
  expect(unknown.isExceededBy(1e-4)).toBe(false);
  // Nobody's loudspeaker is as loud as somebody who talks into the microphone.
  expect(unknown.isExceededBy(1e-2)).toBe(true);
});

it("does not stay too low for a loudspeaker that is very loud", () => {
  expect(after(200, [0.01, 1e-2, 1e-2]).isExceededBy(2e-2)).toBe(false);
});

it("is low where a microphone heard nothing of an answer: who talks then is no echo", () => {
  const headset = after(200, [0.01, 1e-7, 0]);
  expect(headset.isExceededBy(1e-3)).toBe(true);
  // What is hardly there may be anything.
  expect(headset.isExceededBy(1e-7)).toBe(false);
});

it("lets pass as much as was always heard: the echo of a room is no user", () => {
  const room = after(200, [0.01, 1e-4, 1e-4]);
  expect(room.isExceededBy(5e-4)).toBe(false);
  expect(room.isExceededBy(5e-3)).toBe(true);
});

it("learns nothing from a microphone that is off, or the first echo that it hears would be a user", () => {
  const muted = after(200, [0.01, 0, 0]);
  expect(muted.isExceededBy(2e-4)).toBe(false);
  for (const frames of [1, 10, 30, 100]) {
    after(frames, [0.01, 1e-4, 1e-4], muted);
    expect(muted.isExceededBy(2e-4)).toBe(false);
  }
  const room = after(200, [0.01, 1e-4, 1e-4]);
  after(200, [0.01, 0, 0], room);
  after(1, [0.01, 1e-4, 1e-4], room);
  expect(room.isExceededBy(2e-4)).toBe(false);
});

it("learns nothing from what is so quiet that its echo is lost in the noise", () => {
  const room = after(200, [0.01, 1e-4, 1e-4]);
  after(500, [1e-5, 1e-5, 0], room);
  after(20, [0.01, 1e-4, 1e-4], room);
  expect(room.isExceededBy(5e-4)).toBe(false);
});

it("is not exceeded by a loudspeaker that goes on after it was lowered", () => {
  const room = after(200, [0.01, 1e-4, 1e-4]);
  after(100, [0.01, 6e-6, 6e-6], room);
  expect(room.isExceededBy(1e-4)).toBe(false);
});

it("is lifted within seconds where a loudspeaker takes the place of a headset", () => {
  const headset = after(200, [0.01, 1e-7, 0]);
  expect(headset.isExceededBy(1e-4)).toBe(true);
  expect(after(3 * 62, [0.01, 1e-4, 1e-4], headset).isExceededBy(1e-4)).toBe(false);
});
