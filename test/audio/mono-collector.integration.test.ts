import { expect, test } from "vitest";

import { MonoCollector } from "../../audio/index.ts";

const MINUTE_MS = 60_000;

test("keeps a recording of 192 kHz at the rate that is wanted, or a small upload fills the memory", async () => {
  const collector = new MonoCollector({ maximumDurationMs: MINUTE_MS, sampleRate: 16_000 });
  for (let seconds = 1; seconds <= 5; seconds++) {
    await collector.add({ sampleRate: 192_000, channelData: [new Float32Array(192_000)] });
    expect(collector.keptSamples).toBeLessThanOrEqual(seconds * 16_000);
  }
  const announced = { format: "flac", channelCount: 1, durationMs: undefined } as const;
  const { samples, sampleRate } = collector.finish(announced);
  collector.close();
  expect([samples.length, sampleRate]).toEqual([80_000, 16_000]);
});

test("keeps the order of pieces, and their own rate where none is wanted", async () => {
  const collector = new MonoCollector({ maximumDurationMs: MINUTE_MS, sampleRate: undefined });
  for (const sample of [0.25, 0.5, 0.75]) {
    await collector.add({ sampleRate: 8_000, channelData: [Float32Array.of(sample)] });
  }
  const { samples, sampleRate } = collector.finish({ format: "wav", channelCount: 1, durationMs: 1 });
  expect([[...samples], sampleRate]).toEqual([[0.25, 0.5, 0.75], 8_000]);
});

test("refuses what lasts too long at the recording's own rate before it is mixed or resampled", async () => {
  const collector = new MonoCollector({ maximumDurationMs: 1_000, sampleRate: 16_000 });
  const second = { sampleRate: 192_000, channelData: [new Float32Array(192_000)] };
  await collector.add(second);
  await expect(collector.add(second)).rejects.toMatchObject({ code: "audio-too-long" });
  collector.close();
});
