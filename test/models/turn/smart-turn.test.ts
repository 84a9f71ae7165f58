import { describe, expect, test } from "vitest";

import type { EngineClient } from "../../../models/runtime/engine.ts";
import {
  createEndOfTurnDetector,
  smartTurnFeatures,
  type TurnContract,
} from "../../../models/turn/smart-turn.ts";
import { testSignal } from "../../support/test-signal.ts";

const EIGHT_SECONDS = 8 * 16_000;

function greatestDifference(left: Float32Array, right: Float32Array): number {
  expect(left.length).toBe(right.length);
  return left.reduce((worst, value, index) => Math.max(worst, Math.abs(value - right[index]!)), 0);
}

describe("smartTurnFeatures", () => {
  test("hears the last 8 s and nothing before, or old sentences sway the judgement", () => {
    const long = testSignal(EIGHT_SECONDS + 5_000);
    const [all, last] = [smartTurnFeatures(long), smartTurnFeatures(long.subarray(5_000))];
    expect(greatestDifference(all.data, last.data)).toBe(0);
  });

  test("puts silence in front of a short turn, not behind it", () => {
    const short = testSignal(16_000);
    const padded = new Float32Array(EIGHT_SECONDS);
    padded.set(short, EIGHT_SECONDS - short.length);
    const features = smartTurnFeatures(short);
    expect(greatestDifference(features.data, smartTurnFeatures(padded).data)).toBe(0);
    expect(features).toMatchObject({ melBins: 80, frames: 800 });
  });

  test("does not depend on how loud the microphone is", () => {
    const { data } = smartTurnFeatures(testSignal(EIGHT_SECONDS));
    const quiet = smartTurnFeatures(testSignal(EIGHT_SECONDS).map((sample) => sample / 8)).data;
    expect(greatestDifference(data, quiet)).toBeLessThan(1e-3);
  });

  test("stays finite for silence and for nothing", () => {
    expect(smartTurnFeatures(new Float32Array(0)).data.every(Number.isFinite)).toBe(true);
    expect(smartTurnFeatures(new Float32Array(EIGHT_SECONDS)).data.every(Number.isFinite)).toBe(true);
  });
});

describe("createEndOfTurnDetector", () => {
  test("sends a copy of the last 8 s, so that the caller's recording survives the transfer", async () => {
    const sent: Float32Array[] = [];
    const client: EngineClient<TurnContract> = {
      async *run(_method, { samples }, { transfer }) {
        await Promise.resolve();
        sent.push(structuredClone(samples, { transfer: [...(transfer ?? [])] }));
        yield 0.75;
      },
    };
    const recording = testSignal(EIGHT_SECONDS + 100);
    const signal = new AbortController().signal;
    expect(await createEndOfTurnDetector(client).score(recording, { signal })).toBe(0.75);
    expect(greatestDifference(sent[0]!, recording.subarray(100))).toBe(0);
    expect(recording.length).toBe(EIGHT_SECONDS + 100);
  });
});
