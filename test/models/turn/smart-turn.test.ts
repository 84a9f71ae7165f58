import { describe, expect, test } from "vitest";

import type { EngineClient } from "../../../models/runtime/engine.ts";
import {
  createEndOfTurnDetector,
  smartTurnFeatures,
  type TurnContract,
} from "../../../models/turn/smart-turn.ts";
import { testSignal } from "../../support/test-signal.ts";

const EIGHT_SECONDS = 8 * 16_000;

describe("smartTurnFeatures", () => {
  test("hears the last 8 s and nothing before, or old sentences sway the judgement", () => {
    const long = testSignal(EIGHT_SECONDS + 5_000);
    expect(smartTurnFeatures(long)).toEqual(smartTurnFeatures(long.subarray(5_000)));
  });

  test("puts silence in front of a short turn, not behind it", () => {
    const short = testSignal(16_000);
    const padded = new Float32Array(EIGHT_SECONDS);
    padded.set(short, EIGHT_SECONDS - short.length);
    expect(smartTurnFeatures(short)).toEqual(smartTurnFeatures(padded));
    expect(smartTurnFeatures(short)).toMatchObject({ melBins: 80, frames: 800 });
  });

  test("does not depend on how loud the microphone is", () => {
    const { data } = smartTurnFeatures(testSignal(EIGHT_SECONDS));
    const quiet = smartTurnFeatures(testSignal(EIGHT_SECONDS).map((sample) => sample / 8)).data;
    expect(
      data.reduce((worst, value, index) => Math.max(worst, Math.abs(value - quiet[index]!)), 0),
    ).toBeLessThan(1e-3);
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
    expect(sent[0]).toEqual(recording.subarray(100));
    expect(recording.length).toBe(EIGHT_SECONDS + 100);
  });
});
