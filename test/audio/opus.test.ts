import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";

import { measureLevel } from "../../audio/index.ts";
import { openOpusDecoder, openOpusEncoder, type OpusSampleRate } from "../../audio/opus.ts";
import { haveOpus } from "../support/opus.ts";

const RATES: readonly OpusSampleRate[] = [8_000, 12_000, 16_000, 24_000, 48_000];
const FORMATS = RATES.flatMap((rate) => [[rate, 20] as const, [rate, 60] as const]);

function tone(count: number, sampleRate: number, startSample = 0): Float32Array {
  return Float32Array.from({ length: count }, (_, n) => {
    return 0.3 * Math.sin((2 * Math.PI * 440 * (startSample + n)) / sampleRate);
  });
}

async function packets(rate: OpusSampleRate, frameMs: 20 | 60, count: number): Promise<Uint8Array[]> {
  const encoder = await openOpusEncoder(rate, frameMs);
  return Array.from({ length: count }, (_, index) => {
    return encoder.encode(tone(encoder.frameSamples, rate, index * encoder.frameSamples));
  });
}

describe.skipIf(!haveOpus)("Opus", () => {
  afterEach(() => {
    vi.doUnmock("@discordjs/opus");
    vi.resetModules();
  });

  test.each(FORMATS)("carries a tone at %i Hz in packets of %i ms", async (rate, frameMs) => {
    const decoder = await openOpusDecoder(rate);
    for (const [index, packet] of (await packets(rate, frameMs, 10)).entries()) {
      const samples = decoder.decode(packet);
      expect(samples.length).toBe((rate * frameMs) / 1000);
      if (index > 1) expect(measureLevel(samples).rmsDbfs).toBeCloseTo(20 * Math.log10(0.3 / Math.SQRT2), 0);
    }
  });

  test.each(FORMATS)(
    "fills a lost packet at %i Hz, %i ms with sound that fades, then goes on",
    async (rate, frameMs) => {
      const decoder = await openOpusDecoder(rate);
      const [last, ...before] = (await packets(rate, frameMs, 6)).reverse();
      for (const packet of before.reverse()) decoder.decode(packet);
      const first = decoder.conceal();
      expect(first.length).toBe((rate * frameMs) / 1000);
      expect(measureLevel(first).rmsDbfs).toBeGreaterThan(-30);
      for (let index = 0; index < 10; index++) decoder.conceal();
      expect(measureLevel(decoder.conceal()).rmsDbfs).toBeLessThan(measureLevel(first).rmsDbfs - 15); // comfort noise
      expect(decoder.decode(last!).length).toBe(first.length);
    },
  );

  test("has nothing to conceal before the first packet", async () => {
    expect((await openOpusDecoder(16_000)).conceal().length).toBe(0);
  });

  test("refuses a wrong number of samples, for which the addon would end the process", async () => {
    const encoder = await openOpusEncoder(16_000, 20);
    for (const count of [0, 319, 321, 480, 960])
      expect(() => encoder.encode(new Float32Array(count))).toThrow(RangeError);
  });

  test("refuses empty and oversize packets and those longer than 120 ms", async () => {
    const decoder = await openOpusDecoder(16_000);
    const sevenFramesOf20Ms = Uint8Array.of(0b01001011, 7, ...new Uint8Array(70));
    for (const packet of [new Uint8Array(0), new Uint8Array(1_501), sevenFramesOf20Ms]) {
      expect(() => decoder.decode(packet)).toThrow(expect.objectContaining({ code: "opus-invalid" }));
    }
  });

  test("answers garbage with sound of at most 120 ms or a typed error, and lives on", async () => {
    const decoder = await openOpusDecoder(16_000);
    const [good] = await packets(16_000, 20, 1);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (garbage) => {
        try {
          expect(decoder.decode(garbage).length).toBeLessThanOrEqual(1_920);
        } catch (error) {
          expect(error).toMatchObject({ code: "opus-invalid" });
        }
      }),
      { numRuns: 500 },
    );
    expect(decoder.decode(good!).length).toBe(320);
  });

  test("says so where the native codec is missing, so that PCM clients still work", async () => {
    vi.doMock("@discordjs/opus", () => {
      throw new Error("no prebuilt binary");
    });
    vi.resetModules();
    const fresh = await import("../../audio/opus.ts");
    await expect(fresh.openOpusDecoder(16_000)).rejects.toMatchObject({ code: "opus-unavailable" });
    await expect(fresh.openOpusEncoder(16_000, 20)).rejects.toMatchObject({ code: "opus-unavailable" });
  });
});
