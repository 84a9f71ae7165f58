import { readFileSync } from "node:fs";
import { join } from "node:path";

import { FLACDecoder } from "@wasm-audio-decoders/flac";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";

import { AudioError, decodeAudio, downmix, resample, writeWav } from "../../audio/index.ts";
import { hostileFlac } from "../support/hostile-flac.ts";

function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(import.meta.dirname, "../fixtures/audio", name)));
}

function bytesOf({ channelData }: { readonly channelData: readonly Float32Array[] }): number {
  return channelData.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Amplitude of a tone of `hertz` in the middle of the samples. */
function toneAmplitude(samples: Float32Array, hertz: number, sampleRate: number): number {
  const middle = samples.subarray(Math.floor(samples.length / 4), Math.floor((samples.length * 3) / 4));
  let [cosine, sine] = [0, 0];
  for (const [n, sample] of middle.entries()) {
    cosine += sample * Math.cos((2 * Math.PI * hertz * n) / sampleRate);
    sine += sample * Math.sin((2 * Math.PI * hertz * n) / sampleRate);
  }
  return (2 * Math.hypot(cosine, sine)) / middle.length;
}

describe("decodeAudio", () => {
  // Stereo files are half as loud on the left, the one with 8 channels on one of eight.
  test.each([
    ["tone-16k-mono.flac", 16_000, 0.5],
    ["tone-44k-stereo.flac", 44_100, 0.375],
    ["tone-8k-8-channels.flac", 8_000, 0.46875],
    ["tone-16k-mono.mp3", 16_000, 0.5],
    ["tone-44k-stereo.mp3", 44_100, 0.375],
    ["tone-16k-mono-vorbis.ogg", 16_000, 0.5],
    ["tone-48k-stereo-vorbis.ogg", 48_000, 0.375],
    ["tone-16k-mono-opus.ogg", 48_000, 0.5],
    ["tone-48k-stereo-opus.ogg", 48_000, 0.375],
  ])("decodes %s as half a second of the tone that was encoded", async (name, sampleRate, amplitude) => {
    const decoded = await decodeAudio(fixture(name));
    expect(decoded.sampleRate).toBe(sampleRate);
    expect(Math.abs(decoded.samples.length / sampleRate - 0.5)).toBeLessThan(0.02);
    expect(toneAmplitude(decoded.samples, 440, sampleRate)).toBeCloseTo(amplitude, 1);
  });

  test("decodes a WAV file in slices without a seam", async () => {
    const samples = Float32Array.from({ length: 150_000 }, (_, n) => ((n * 7919) % 65536) / 32768 - 1);
    const decoded = await decodeAudio(writeWav({ sampleRate: 16_000, channels: [samples] }));
    expect(decoded.sampleRate).toBe(16_000);
    expect(Buffer.compare(Buffer.from(decoded.samples.buffer), Buffer.from(samples.buffer))).toBe(0);
  });

  test.each([
    "tone-16k-mono.flac",
    "tone-44k-stereo.flac",
    "tone-44k-stereo.mp3",
    "tone-48k-stereo-vorbis.ogg",
    "tone-16k-mono-opus.ogg",
  ])("resamples %s piece by piece without a seam", async (name) => {
    const { samples, sampleRate } = await decodeAudio(fixture(name));
    const expected = await resample(samples, sampleRate, 16_000);
    const decoded = await decodeAudio(fixture(name), { sampleRate: 16_000 });
    expect([decoded.sampleRate, decoded.samples.length]).toEqual([16_000, expected.length]);
    const difference = decoded.samples.map((sample, index) => sample - (expected[index] ?? NaN));
    expect(difference.every((value) => Math.abs(value) < 1e-5)).toBe(true);
  });

  test("skips an ID3 tag, which most music files begin with", async () => {
    const tag = Buffer.concat([Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 1, 72]), Buffer.alloc(200)]);
    for (const name of ["tone-44k-stereo.mp3", "tone-16k-mono.flac"]) {
      const tagged = await decodeAudio(Buffer.concat([tag, fixture(name)]));
      expect(tagged).toEqual(await decodeAudio(fixture(name)));
    }
  });

  test.each([
    "tone-16k-mono.flac",
    "tone-44k-stereo.mp3",
    "tone-48k-stereo-vorbis.ogg",
    "tone-48k-stereo-opus.ogg",
  ])("refuses %s where its header announces more than is allowed, before decoding it", async (name) => {
    const decoding = decodeAudio(fixture(name).subarray(0, name.endsWith("ogg") ? undefined : 1_100), {
      maximumDurationMs: 400,
    });
    await expect(decoding).rejects.toMatchObject({ code: "audio-too-long" });
  });

  test("refuses a FLAC file that lasts longer than its header says, or a small file fills the memory", async () => {
    const lying = fixture("tone-16k-mono.flac");
    new DataView(lying.buffer).setUint32(8 + 14, 100);
    await expect(decodeAudio(lying, { maximumDurationMs: 400 })).rejects.toMatchObject({
      code: "audio-too-long",
    });
  });

  test("expands a slice of a hostile FLAC file to no more than 100 MB before it is measured", async () => {
    const decode = vi.spyOn(FLACDecoder.prototype, "decode");
    const decoding = decodeAudio(hostileFlac(120), { maximumDurationMs: 1_000 });
    await expect(decoding).rejects.toMatchObject({ code: "audio-too-long" });
    const pieces = await Promise.all(decode.mock.results.map(({ value }) => value as Promise<object>));
    decode.mockRestore();
    const sizes = pieces.map((piece) => bytesOf(piece as Awaited<ReturnType<FLACDecoder["decode"]>>));
    expect(Math.max(...sizes)).toBeGreaterThan(1e6);
    expect(Math.max(...sizes)).toBeLessThan(1e8);
  });

  test("refuses three hours by default", async () => {
    const long = fixture("tone-16k-mono.flac");
    new DataView(long.buffer).setUint32(8 + 14, 3 * 3_600 * 16_000);
    await expect(decodeAudio(long)).rejects.toMatchObject({ code: "audio-too-long" });
  });

  test("refuses more than 8 channels", async () => {
    const channels = Array.from({ length: 9 }, () => new Float32Array(10));
    await expect(decodeAudio(writeWav({ sampleRate: 16_000, channels }))).rejects.toMatchObject({
      code: "audio-channels",
    });
  });

  test("refuses rates that cannot be resampled", async () => {
    const wav = writeWav({ sampleRate: 100, channels: [new Float32Array(10)] });
    await expect(decodeAudio(wav)).rejects.toMatchObject({ code: "audio-rate" });
  });

  test("calls a file damaged that has no frame left in it", async () => {
    const cut = fixture("tone-8k-8-channels.flac").subarray(0, 1_000);
    await expect(decodeAudio(cut)).rejects.toMatchObject({ code: "audio-unreadable" });
  });

  test("calls a file damaged whose decoder stumbles, here one cut off in the middle of a page's head", async () => {
    const cut = fixture("tone-16k-mono-vorbis.ogg").subarray(0, 62);
    await expect(decodeAudio(cut)).rejects.toMatchObject({ code: "audio-unreadable" });
  });

  test("tells an empty file, a file without sound and a file of something else apart", async () => {
    await expect(decodeAudio(new Uint8Array(0))).rejects.toMatchObject({ code: "audio-empty" });
    const silent = writeWav({ sampleRate: 16_000, channels: [new Float32Array(0)] });
    await expect(decodeAudio(silent)).rejects.toMatchObject({ code: "audio-empty" });
    await expect(decodeAudio(Buffer.from("Not sound at all."))).rejects.toMatchObject({
      code: "audio-unreadable",
    });
  });

  test.each([
    "tone-16k-mono.flac",
    "tone-16k-mono.mp3",
    "tone-16k-mono-vorbis.ogg",
    "tone-16k-mono-opus.ogg",
  ])("survives %s cut off or with wrong bytes: sound or a typed error", async (name) => {
    const file = fixture(name);
    const change = fc.record({ at: fc.nat(file.length - 1), value: fc.integer({ min: 0, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 4 }),
        fc.integer({ min: 1, max: file.length }),
        async (changes, length) => {
          const bytes = Uint8Array.from(file.subarray(0, length));
          for (const { at, value } of changes) bytes[at] = value;
          try {
            const { samples } = await decodeAudio(bytes);
            expect(samples.every(Number.isFinite)).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(AudioError);
          }
        },
      ),
      { numRuns: 12 },
    );
  });
});

test("downmix averages channels and silences what is not finite", () => {
  expect([...downmix([Float32Array.of(1, NaN, 0.5), Float32Array.of(0, 0.5, Infinity)])]).toEqual([
    0.5, 0.25, 0.25,
  ]);
  expect(downmix([]).length).toBe(0);
});
