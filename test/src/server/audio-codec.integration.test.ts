import { describe, expect, test } from "vitest";

import { floatsToPcm16, pcm16ToFloats } from "../../../audio/index.ts";
import { openOpusEncoder } from "../../../audio/opus.ts";
import { dominantFrequency, tone } from "../../../models/fakes/index.ts";
import { IncomingAudio, OutgoingAudio } from "../../../src/server/audio-codec.ts";
import { haveOpus } from "../../support/opus.ts";

const RATES = [8000, 16_000, 24_000, 48_000] as const;

function join(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

describe("incoming sound", () => {
  test.each(RATES)("PCM at %i Hz arrives at 16 kHz with the same pitch and length", async (sampleRate) => {
    const incoming = await IncomingAudio.open({ format: "pcm16", sampleRate });
    const sent = tone(440, 1000, sampleRate);
    const parts: Float32Array[] = [];
    const frame = sampleRate / 50;
    for (let start = 0; start < sent.length; start += frame) {
      parts.push(incoming.decode(floatsToPcm16(sent.subarray(start, start + frame)), 0));
    }
    const heard = join(parts);
    expect(heard.length).toBeGreaterThan(16_000 * 0.97);
    expect(heard.length).toBeLessThanOrEqual(16_000);
    expect(dominantFrequency(heard, 16_000)).toBeCloseTo(440, -1);
    incoming.close();
  });

  test("a jump of the timestamps is heard as silence, at most two seconds of it", async () => {
    const incoming = await IncomingAudio.open({ format: "pcm16", sampleRate: 16_000 });
    const payload = floatsToPcm16(tone(440, 20));
    expect(incoming.decode(payload, 5)).toHaveLength(320);
    expect(incoming.decode(payload, 525)).toHaveLength(320 + 8000);
    expect(incoming.decode(payload, 545)).toHaveLength(320);
    expect(incoming.decode(payload, 3_600_000)).toHaveLength(320 + 32_000);
    expect(incoming.decode(payload, 0)).toHaveLength(320);
    incoming.close();
  });

  test("a capture clock that runs already when the first payload comes is no gap", async () => {
    const incoming = await IncomingAudio.open({ format: "pcm16", sampleRate: 16_000 });
    const payload = floatsToPcm16(tone(440, 20));
    expect(incoming.gapMs(65_000)).toBe(0);
    expect(incoming.decode(payload, 65_000)).toHaveLength(320);
    expect(incoming.decode(payload, 65_520)).toHaveLength(320 + 8000);
    incoming.close();
  });

  test("half a sample is refused", async () => {
    const incoming = await IncomingAudio.open({ format: "pcm16", sampleRate: 16_000 });
    expect(() => incoming.decode(new Uint8Array(641), 0)).toThrow(
      expect.objectContaining({ code: "frame-invalid" }),
    );
    incoming.close();
  });

  test.skipIf(!haveOpus)(
    "Opus of another length than agreed, and garbage, are refused and concealed in time",
    async () => {
      const incoming = await IncomingAudio.open({ format: "opus", sampleRate: 16_000, frameMs: 20 });
      const encoder = await openOpusEncoder(16_000, 60);
      const long = encoder.encode(new Float32Array(960));
      for (const payload of [long, new Uint8Array(1600), Uint8Array.of(255, 255, 255)]) {
        expect(() => incoming.decode(payload, 0)).toThrow(expect.objectContaining({ code: "opus-invalid" }));
        expect(incoming.conceal(payload)).toHaveLength(320);
      }
      incoming.close();
    },
  );
});

describe("outgoing sound", () => {
  test.each(RATES)(
    "an answer leaves at %i Hz in frames of 20 ms without losing any of it",
    async (sampleRate) => {
      const outgoing = await OutgoingAudio.open({ format: "pcm16", sampleRate }, 22_050);
      for (const answer of [1, 2]) {
        const sent = tone(300 * answer, 500, 22_050);
        const payloads = [];
        for (let start = 0; start < sent.length; start += 441) {
          const samples = sent.slice(start, start + 441);
          payloads.push(...outgoing.encode({ samples, sampleRate: 22_050 }));
        }
        payloads.push(...outgoing.finish());
        expect(payloads.map(({ timestampMs }) => timestampMs)).toEqual(
          Array.from({ length: 25 }, (_, index) => index * 20),
        );
        for (const { payload } of payloads) expect(payload.length).toBe((sampleRate / 50) * 2);
        const heard = join(payloads.map(({ payload }) => pcm16ToFloats(payload)));
        expect(dominantFrequency(heard, sampleRate)).toBeCloseTo(300 * answer, -1);
      }
      outgoing.close();
    },
  );

  test.skipIf(!haveOpus)("Opus leaves in packets that decode to the answer", async () => {
    const outgoing = await OutgoingAudio.open({ format: "opus", sampleRate: 48_000, frameMs: 60 }, 24_000);
    const incoming = await IncomingAudio.open({ format: "opus", sampleRate: 48_000, frameMs: 60 });
    const payloads = outgoing.encode({
      samples: tone(440, 600, 24_000),
      sampleRate: 24_000,
    });
    payloads.push(...outgoing.finish());
    expect(payloads).toHaveLength(10);
    const heard = join(payloads.map(({ payload, timestampMs }) => incoming.decode(payload, timestampMs)));
    expect(dominantFrequency(heard.subarray(1600, -1600), 16_000)).toBeCloseTo(440, -1);
    outgoing.close();
    incoming.close();
  });
});
