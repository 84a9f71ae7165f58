import fc from "fast-check";
import { Registry } from "prom-client";
import { beforeEach, expect, test } from "vitest";

import { encodeFrame } from "../../../src/server/frames.ts";
import { PictureIntake } from "../../../src/server/picture-intake.ts";
import { PictureMetrics } from "../../../src/server/picture-metrics.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { testConfig } from "../../support/voice-server.ts";

const clock = new ManualClock();
let registry: Registry;
let intake: PictureIntake;

beforeEach(() => {
  registry = new Registry();
  intake = new PictureIntake(clock, testConfig().limits, new PictureMetrics(registry));
});

const frame = (timestampMs: number, length = 4) => ({
  kind: "picture-in" as const,
  turn: 0,
  timestampMs,
  payload: new Uint8Array(length),
});

async function count(outcome: string): Promise<number> {
  const { values } = await registry.getSingleMetric("antiphon_pictures_total")!.get();
  return values.find(({ labels }) => labels["outcome"] === outcome)?.value ?? 0;
}

test("thirty pictures a second: four a second are let through, the others counted, nothing is thrown", async () => {
  let admitted = 0;
  for (let index = 0; index < 300; index++) {
    if (intake.charge(encodeFrame(frame(0)), true) !== undefined) admitted += 1;
    clock.advance(1000 / 30);
  }
  expect(admitted).toBeGreaterThanOrEqual(4 * 10);
  expect(admitted).toBeLessThanOrEqual(4 * 12);
  expect(await count("rate")).toBe(300 - admitted);
});

test("a camera uses up none of the bytes that sound may have, but too many of its own are dropped", () => {
  const large = encodeFrame(frame(0, 250_000));
  const charged = Array.from({ length: 6 }, () => intake.charge(large, true));
  expect(charged).toEqual([12, 12, 12, 12, undefined, undefined]);
  const sound = encodeFrame({ kind: "audio-in", turn: 0, timestampMs: 0, payload: new Uint8Array(640) });
  expect(intake.charge(sound, true)).toBe(652);
  expect(intake.charge(Uint8Array.of(16, 16), false)).toBe(2);
});

test("a picture's age counts by the clock of the sound, also where that wraps", () => {
  expect(intake.take(frame(700), 1000)).toMatchObject({ ageMs: 300, stampMs: 700 });
  expect(intake.take(frame(2500), 1000)).toMatchObject({ ageMs: 0 });
  expect(intake.take(frame(0xffff_ff00), 44)).toMatchObject({ ageMs: 300 });
  expect(intake.take(frame(12_345), undefined)).toMatchObject({ ageMs: 0 });
});

test("pictures of the past and the future are refused once and counted from then on", async () => {
  expect(() => intake.take(frame(0), 60_000)).toThrow(expect.objectContaining({ code: "picture-time" }));
  expect(intake.take(frame(0), 60_000)).toBeUndefined();
  expect(intake.take(frame(70_000), 60_000)).toBeUndefined();
  expect([await count("past"), await count("future"), await count("taken")]).toEqual([2, 1, 0]);
  expect(intake.take(frame(60_000), 60_000)).toMatchObject({ ageMs: 0 });
});

test("whatever the times are, an age is between now and ten seconds ago", () => {
  const time = fc.integer({ min: 0, max: 0xffff_ffff });
  fc.assert(
    fc.property(time, time, (timestampMs, clockMs) => {
      try {
        const ageMs = intake.take(frame(timestampMs), clockMs)?.ageMs ?? 0;
        expect(ageMs).toBeGreaterThanOrEqual(0);
        expect(ageMs).toBeLessThanOrEqual(10_000);
      } catch (error) {
        expect(error).toMatchObject({ code: "picture-time" });
      }
    }),
  );
});

test("a picture is a copy of its own, not a view of what the socket read", () => {
  const wire = Buffer.from(encodeFrame({ ...frame(0), payload: Uint8Array.of(1, 2, 3) }));
  const taken = intake.take({ ...frame(0), payload: wire.subarray(12) }, 0);
  expect(taken?.bytes.buffer.byteLength).toBe(3);
});
