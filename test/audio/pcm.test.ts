import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { AudioError, floatsToPcm16, pcm16ToFloats } from "../../audio/index.ts";

describe("PCM", () => {
  test("comes back byte for byte, or every relay degrades the sound", () => {
    const evenBytes = fc.uint8Array({ maxLength: 200 }).filter((bytes) => bytes.length % 2 === 0);
    fc.assert(
      fc.property(evenBytes, (bytes) => {
        expect(floatsToPcm16(pcm16ToFloats(bytes))).toEqual(bytes);
      }),
    );
  });

  test("comes back within half a step for any sound, and clipped where it is too loud", () => {
    fc.assert(
      fc.property(fc.float32Array({ noNaN: true, min: -4, max: 4 }), (samples) => {
        const again = pcm16ToFloats(floatsToPcm16(samples));
        for (const [index, sample] of samples.entries()) {
          const clipped = Math.max(-1, Math.min(32767 / 32768, sample));
          expect(Math.abs(again[index]! - clipped)).toBeLessThanOrEqual(0.5 / 32768);
        }
      }),
    );
  });

  test("is little-endian and reads at odd offsets, as headers of odd length leave them", () => {
    const message = Uint8Array.of(99, 0x00, 0x40, 0x00, 0x80);
    expect([...pcm16ToFloats(message.subarray(1))]).toEqual([0.5, -1]);
    expect([...floatsToPcm16(Float32Array.of(0.5, -1, 1))]).toEqual([0x00, 0x40, 0x00, 0x80, 0xff, 0x7f]);
  });

  test("writes NaN and infinities as silence, not as a bang", () => {
    expect([...floatsToPcm16(Float32Array.of(NaN, Infinity, -Infinity))]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("refuses an odd byte count with a typed error", () => {
    expect(() => pcm16ToFloats(new Uint8Array(3))).toThrow(AudioError);
    expect(() => pcm16ToFloats(new Uint8Array(3))).toThrow(
      expect.objectContaining({ code: "audio-unreadable" }),
    );
  });
});
