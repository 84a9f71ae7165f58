import { readFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { LogMelStream, logMel, type LogMelFeatures } from "../../audio/index.ts";
import { testSignal } from "../support/test-signal.ts";

function fixture(name: string): Float32Array {
  const bytes = readFileSync(join(import.meta.dirname, "../fixtures/audio", name));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

function greatestDifference(left: Float32Array, right: Float32Array): number {
  expect(left.length).toBe(right.length);
  return left.reduce((worst, value, index) => Math.max(worst, Math.abs(value - (right[index] ?? NaN))), 0);
}

/** The first `frames` frames of each row. */
function firstFrames({ data, melBins, frames: all }: LogMelFeatures, frames: number): Float32Array {
  return Float32Array.from({ length: melBins * frames }, (_, index) => {
    return data[Math.floor(index / frames) * all + (index % frames)] ?? NaN;
  });
}

describe("logMel", () => {
  test("equals the reference for 80 bins, or Whisper mishears", () => {
    const features = logMel(testSignal(32077), 80);
    expect([features.melBins, features.frames]).toEqual([80, 200]);
    expect(greatestDifference(features.data, fixture("log-mel-80.f32"))).toBeLessThan(1e-4);
  });

  test("equals the reference for 128 bins, or large-v3 mishears", () => {
    const features = logMel(testSignal(16000), 128);
    expect(greatestDifference(features.data, fixture("log-mel-128.f32"))).toBeLessThan(1e-4);
  });

  test("with a margin equals the beginning of the reference padded to 30 s, or short windows drift from training", () => {
    const features = logMel(testSignal(16077), 80, 20);
    expect(features.frames).toBe(120);
    expect(greatestDifference(firstFrames(features, 110), fixture("log-mel-80-padded.f32"))).toBeLessThan(
      1e-4,
    );
  });

  test("keeps silence finite", () => {
    const { data, frames } = logMel(new Float32Array(1600), 80);
    expect(frames).toBe(10);
    expect(new Set(data)).toEqual(new Set([Math.fround((-10 + 4) / 4)]));
  });

  test.each([0, 1, 2, 159, 160, 200, 201, 399, 400, 401])("takes %i samples", (count) => {
    const { data, frames } = logMel(testSignal(count), 80);
    expect(frames).toBe(Math.floor(count / 160));
    expect(data.every(Number.isFinite)).toBe(true);
    expect(logMel(testSignal(count), 80, 3).frames).toBe(frames + 3);
  });
});

describe("LogMelStream", () => {
  test("gives the same features however the sound arrives and whenever it was asked before", () => {
    const signal = testSignal(5000);
    const chunks = fc.array(fc.record({ size: fc.integer({ min: 0, max: 900 }), ask: fc.boolean() }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(chunks, fc.integer({ min: 0, max: 3 }), (plan, margin) => {
        const stream = new LogMelStream(80);
        let position = 0;
        for (const { size, ask } of plan) {
          stream.append(signal.subarray(position, position + size));
          position = Math.min(signal.length, position + size);
          if (ask) stream.features(margin);
        }
        expect(stream.sampleCount).toBe(position);
        expect(stream.features(margin)).toEqual(logMel(signal.subarray(0, position), 80, margin));
      }),
      { numRuns: 60 },
    );
  });

  test("holds two utterances apart that are heard in turns", () => {
    const [left, right] = [testSignal(3200), testSignal(6400).subarray(3200)];
    const streams = [new LogMelStream(80), new LogMelStream(80)] as const;
    for (let start = 0; start < 3200; start += 320) {
      streams[0].append(left.subarray(start, start + 320));
      streams[1].append(right.subarray(start, start + 320));
    }
    expect(streams[0].features()).toEqual(logMel(left, 80));
    expect(streams[1].features()).toEqual(logMel(right, 80));
  });
});
