import fc from "fast-check";
import { expect, test } from "vitest";

import { dominantFrequency, tone } from "../../../../models/fakes/index.ts";
import { floatsToG711, floatsToPcm16 } from "../../../../audio/index.ts";
import { SoundIn, SoundOut } from "../../../../src/dialects/realtime/sound.ts";

const FORMATS = [
  { type: "audio/pcm", rate: 24_000 },
  { type: "audio/pcmu" },
  { type: "audio/pcma" },
] as const;

test.each(FORMATS)("sound comes in as it was, wherever its pieces of $type are cut", async (format) => {
  const isPcm = format.type === "audio/pcm";
  const law = format.type === "audio/pcma" ? "a-law" : "mu-law";
  const samples = tone(440, 200, isPcm ? 24_000 : 8000);
  const bytes = isPcm ? floatsToPcm16(samples) : floatsToG711(samples, law);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 999 }), { minLength: 1 }), async (lengths) => {
      const sound = await SoundIn.open(format);
      const heard: number[] = [];
      for (let start = 0, piece = 0; start < bytes.length; piece++) {
        const end = start + (lengths[piece % lengths.length] ?? 1);
        const base64 = Buffer.from(bytes.subarray(start, end)).toString("base64");
        heard.push(...sound.decode(sound.read(base64)));
        start = end;
      }
      sound.close();
      expect(dominantFrequency(Float32Array.from(heard.slice(400)), 16_000)).toBeCloseTo(440, -1);
    }),
    { numRuns: 10 },
  );
});

test("what is no base64 is refused by name, not heard as noise", async () => {
  const sound = await SoundIn.open(FORMATS[0]);
  expect(() => sound.read("not base64!")).toThrow(
    expect.objectContaining({ details: expect.objectContaining({ param: "audio" }) as object }),
  );
  sound.close();
});

test.each(FORMATS)("an answer goes out in pieces of 20 ms, whole, in $type", async (format) => {
  const sound = await SoundOut.open(format, 22_050);
  const samples = tone(220, 300, 22_050);
  const pieces: string[] = [];
  for (let start = 0; start < samples.length; start += 441)
    pieces.push(...sound.encode({ samples: samples.slice(start, start + 441), sampleRate: 22_050 }));
  pieces.push(...sound.finish());
  const lengths = new Set(pieces.map((piece) => Buffer.from(piece, "base64").length));
  expect([...lengths]).toEqual([format.type === "audio/pcm" ? 960 : 160]);
  expect(pieces.length * SoundOut.pieceMs).toBeGreaterThanOrEqual(300);
  sound.close();
});
