import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Engine } from "../../models/runtime/engine.ts";
import { createEndOfTurnDetector, openTurnEngine, type TurnContract } from "../../models/turn/smart-turn.ts";
import { detectorReferences } from "../support/detector-reference.ts";
import { directClient } from "../support/direct-client.ts";
import { modelPath } from "../support/models.ts";

const signal = new AbortController().signal;

describe("Smart Turn", () => {
  let engine: Engine<TurnContract>;
  beforeAll(async () => {
    engine = await openTurnEngine({ modelPath: modelPath("smart-turn-v3.2-cpu.onnx"), threads: 1 });
  });
  afterAll(() => engine.close());

  test("answers a turn without any samples, which a client may send", async () => {
    const probability = await createEndOfTurnDetector(directClient(engine)).score(new Float32Array(0), {
      signal,
    });
    expect(probability).toBeGreaterThanOrEqual(0);
    expect(probability).toBeLessThanOrEqual(1);
  });

  test("judges whole, half and overlong turns as the reference does", async () => {
    const detector = createEndOfTurnDetector(directClient(engine));
    const recordings = await detectorReferences();
    expect(recordings.length).toBeGreaterThanOrEqual(3);
    for (const { name, samples, ...expected } of recordings) {
      const fourTimes = Float32Array.from(
        { length: 4 * samples.length },
        (_, n) => samples[n % samples.length]!,
      );
      const whole = await detector.score(samples, { signal });
      const half = await detector.score(samples.subarray(0, Math.floor(samples.length / 2)), { signal });
      const long = await detector.score(fourTimes, { signal });
      expect(Math.abs(whole - expected.endOfTurn), name).toBeLessThan(1e-3);
      expect(Math.abs(half - expected.endOfTurnInFirstHalf), `half of ${name}`).toBeLessThan(1e-3);
      expect(Math.abs(long - expected.endOfTurnFourTimes), `four times ${name}`).toBeLessThan(1e-3);
    }
  });
});
