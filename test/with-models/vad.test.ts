import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Engine } from "../../models/runtime/engine.ts";
import {
  createSpeechDetector,
  openVadEngine,
  VAD_WINDOW,
  type VadContract,
} from "../../models/vad/silero.ts";
import type { SpeechDetectorStream } from "../../streaming/index.ts";
import { detectorReferences } from "../support/detector-reference.ts";
import { directClient } from "../support/direct-client.ts";
import { modelPath } from "../support/models.ts";
import { recording } from "../support/recordings.ts";

const signal = new AbortController().signal;

async function scoreAll(stream: SpeechDetectorStream, samples: Float32Array): Promise<number[]> {
  const probabilities: number[] = [];
  for (let start = 0; start + VAD_WINDOW <= samples.length; start += VAD_WINDOW) {
    probabilities.push(await stream.score(samples.subarray(start, start + VAD_WINDOW), { signal }));
  }
  return probabilities;
}

describe("Silero VAD", () => {
  let engine: Engine<VadContract>;
  beforeAll(async () => {
    engine = await openVadEngine({ modelPath: modelPath("silero_vad.onnx"), threads: 1 });
  });
  afterAll(() => engine.close());

  test("gives silence no probability, or the assistant hears ghosts", async () => {
    const stream = createSpeechDetector(directClient(engine)).openStream();
    const probabilities = await scoreAll(stream, new Float32Array(32_000));
    expect(Math.max(...probabilities)).toBeLessThan(0.1);
  });

  test("scores each window of recorded speech as the reference does", async () => {
    const recordings = await detectorReferences();
    expect(recordings.length).toBeGreaterThanOrEqual(3);
    for (const { name, samples, speech } of recordings) {
      const stream = createSpeechDetector(directClient(engine)).openStream();
      const probabilities = await scoreAll(stream, samples);
      expect(probabilities.length).toBe(speech.length);
      for (const [index, probability] of probabilities.entries()) {
        expect(Math.abs(probability - speech[index]!), `${name}, window ${index}`).toBeLessThan(1e-3);
      }
    }
  });

  test("keeps two streams apart that are scored in turns", async () => {
    const first = (await recording("jfk-16k.flac")).subarray(0, 32_000);
    const second = (await recording("why-that-city.flac")).subarray(0, 32_000);
    const detector = createSpeechDetector(directClient(engine));
    const streams = [detector.openStream(), detector.openStream()] as const;
    const together = await Promise.all([scoreAll(streams[0], first), scoreAll(streams[1], second)]);
    const apart = [
      await scoreAll(detector.openStream(), first),
      await scoreAll(detector.openStream(), second),
    ];
    expect(together).toEqual(apart);
  });
});
