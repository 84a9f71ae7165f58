import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { decodeAudio, ENCODED_FORMATS, type EncodedFormat, openAudioEncoder } from "../../audio/index.ts";
import { tone } from "../../models/fakes/index.ts";

const RATE = 24_000;

async function encoded(format: EncodedFormat, pieces: readonly Float32Array[]): Promise<Uint8Array> {
  const encoder = await openAudioEncoder(format, RATE);
  const parts = pieces.map((piece) => encoder.encode(piece));
  return Buffer.concat([...parts, encoder.finish()]);
}

function cut(samples: Float32Array, lengths: readonly number[]): Float32Array[] {
  const pieces: Float32Array[] = [];
  let start = 0;
  for (const length of [...lengths, samples.length]) {
    pieces.push(samples.slice(start, start + length));
    start += length;
  }
  return pieces;
}

function correlation(one: Float32Array, other: Float32Array): number {
  let [product, energy, otherEnergy] = [0, 0, 0];
  for (let index = 0; index < Math.min(one.length, other.length); index++) {
    const [left = 0, right = 0] = [one[index], other[index]];
    product += left * right;
    energy += left * left;
    otherEnergy += right * right;
  }
  return product / Math.sqrt(energy * otherEnergy);
}

const FILES = ENCODED_FORMATS.filter((format) => format !== "pcm");

describe("openAudioEncoder", () => {
  it.each(FILES)("writes %s that our own decoder hears as what went in", async (format) => {
    const sound = tone(300, 1234, RATE);
    const { samples, sampleRate } = await decodeAudio(await encoded(format, cut(sound, [100, 7000])));
    expect(sampleRate).toBe(format === "opus" ? 48_000 : RATE);
    const seconds = samples.length / sampleRate;
    // MP3 cannot say where its last frame ends.
    expect(Math.abs(seconds - 1.234)).toBeLessThan(format === "mp3" ? 0.1 : 0.001);
    if (format === "wav" || format === "flac") expect(correlation(samples, sound)).toBeGreaterThan(0.9999);
    expect(Math.max(...samples)).toBeGreaterThan(0.4);
    expect(Math.max(...samples)).toBeLessThan(0.65);
  });

  it("keeps Ogg Opus in step with what went in", async () => {
    const { samples } = await decodeAudio(await encoded("opus", [tone(300, 1000, RATE)]));
    expect(correlation(samples, tone(300, 1000, 48_000))).toBeGreaterThan(0.98);
  });

  it.each(ENCODED_FORMATS)("writes the same %s however the sound is cut", async (format) => {
    const sound = tone(440, 400, RATE);
    const whole = await decoded(format, await encoded(format, [sound]));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 4000 }), { maxLength: 6 }), async (lengths) => {
        expect(await decoded(format, await encoded(format, cut(sound, lengths)))).toEqual(whole);
      }),
      { numRuns: 8 },
    );
  });

  it.each(ENCODED_FORMATS)("ends a %s of nothing without a fault", async (format) => {
    const encoder = await openAudioEncoder(format, RATE);
    expect(encoder.finish()).toBeInstanceOf(Uint8Array);
    encoder.close();
  });

  it("gives an abandoned encoder's memory back", async () => {
    const encoder = await openAudioEncoder("flac", RATE);
    encoder.encode(tone(440, 100, RATE));
    encoder.close();
    expect(() => {
      encoder.close();
    }).not.toThrow();
  });
});

async function decoded(format: EncodedFormat, bytes: Uint8Array): Promise<Float32Array> {
  return format === "pcm" ? Float32Array.from(bytes) : (await decodeAudio(bytes)).samples;
}
