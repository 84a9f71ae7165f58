import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { SpeechLevel } from "../../audio/index.ts";

/** A window of sound at `levelDb` below full scale. */
const windowAt = (levelDb: number): Float32Array => new Float32Array(512).fill(10 ** (levelDb / 20));

/** Windows of 32 ms in so many seconds. */
const windows = (seconds: number): number => Math.round(seconds / 0.032);

describe("the level of speech", () => {
  it("takes silence after speech for silence, long before a network does", () => {
    const level = new SpeechLevel(32);
    expect(level.push(windowAt(-20), true)).toBe(false);
    expect(level.push(windowAt(-55), true)).toBe(false);
    expect(level.push(windowAt(-55), true)).toBe(true);
  });

  it("takes the closure within a word for no silence", () => {
    const level = new SpeechLevel(32);
    for (let word = 0; word < 20; word++) {
      expect(level.push(windowAt(-20), true)).toBe(false);
      expect(level.push(windowAt(-60), true)).toBe(false);
    }
  });

  it("never takes speech for silence that is within the range of ordinary speech", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -45, max: -16, noNaN: true })), (levels) => {
        const level = new SpeechLevel(32);
        for (const levelDb of levels) expect(level.push(windowAt(levelDb), true)).toBe(false);
      }),
    );
  });

  it("leaves the decision to the scores in a loud room", () => {
    const level = new SpeechLevel(32);
    level.push(windowAt(-20), true);
    for (let index = 0; index < 50; index++) expect(level.push(windowAt(-45), false)).toBe(false);
  });

  it("hears somebody quiet after somebody loud", () => {
    const level = new SpeechLevel(32);
    level.push(windowAt(0), true);
    for (let index = 0; index < windows(0.4); index++) level.push(windowAt(-80), false);
    for (let index = 0; index < windows(1); index++) expect(level.push(windowAt(-34), true)).toBe(false);
  });

  it("knows no speech before the first, and none after a reset", () => {
    const level = new SpeechLevel(32);
    expect(level.push(windowAt(-90), false)).toBe(false);
    level.push(windowAt(-10), true);
    level.reset();
    expect(level.push(windowAt(-60), true)).toBe(false);
  });
});
