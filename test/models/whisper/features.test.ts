import { describe, expect, it } from "vitest";

import { logMel } from "../../../audio/index.ts";
import { encoderInput, WINDOW_SAMPLES } from "../../../models/whisper/features.ts";

/** A melody, so that no two frames are alike. */
function melody(count: number): Float32Array {
  return Float32Array.from(
    { length: count },
    (_unused, index) => 0.3 * Math.sin(index * (0.02 + index * 1e-7)),
  );
}

describe("encoderInput", () => {
  it.each([1_600, 16_000, 16_161, 47_999, 448_000, 470_003, WINDOW_SAMPLES])(
    "places %d samples at the beginning and the last second at the end of the window",
    (count) => {
      const { frames, positions, mel } = encoderInput(melody(count), 80);
      expect(frames).toBe(2 * positions.length);
      expect(mel).toHaveLength(80 * frames);
      expect(positions[0]).toBe(0);
      expect(positions.slice(-50)).toEqual(Array.from({ length: 50 }, (_unused, step) => 1450 + step));
      const jumps = positions.slice(1).filter((position, step) => position !== (positions[step] ?? 0) + 1);
      expect(jumps.length).toBe(count > 448_000 ? 0 : 1);
    },
  );

  it("gives the sound the features it has in the whole window, and zeros after it", () => {
    const samples = melody(16_000);
    const { mel, frames } = encoderInput(samples, 80);
    const whole = logMel(samples, 80, 2900);
    for (let bin = 0; bin < 80; bin++) {
      const sound = mel.subarray(bin * frames, bin * frames + 101);
      const expected = whole.data.subarray(bin * whole.frames, bin * whole.frames + 101);
      expect(sound).toEqual(expected);
      expect(mel.subarray(bin * frames + 101, (bin + 1) * frames).every((value) => value === 0)).toBe(true);
    }
  });

  it("refuses more than the network's window", () => {
    expect(() => encoderInput(new Float32Array(WINDOW_SAMPLES + 1), 80)).toThrow(
      expect.objectContaining({ code: "audio-too-long" }),
    );
  });
});
