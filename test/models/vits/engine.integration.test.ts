import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Engine } from "../../../models/runtime/engine.ts";
import { integers, floats } from "../../../models/runtime/session.ts";
import { openVitsEngine, type VitsContract } from "../../../models/vits/engine.ts";
import { VitsNetwork } from "../../../models/vits/network.ts";
import { createSpeechSynthesizer } from "../../../models/vits/synthesizer.ts";
import type { SpeechChunk } from "../../../streaming/index.ts";
import { directClient } from "../../support/direct-client.ts";
import {
  temporaryFile,
  TINY_FRAME_SAMPLES,
  TINY_SYMBOL_FRAMES,
  tinyPiperConfig,
  tinyVits,
} from "../../support/tiny-vits.ts";

describe("a VITS network", () => {
  it("decodes any window the same as in one shot", async () => {
    const network = await VitsNetwork.open(await temporaryFile("voice.onnx", await tinyVits("piper")), {
      threads: 1,
    });
    expect(network.frameSamples).toBe(TINY_FRAME_SAMPLES);
    const ids = Array.from({ length: 20 }, (_unused, index) => index);
    const latent = await network.encode({
      input: integers(ids, [1, 20]),
      input_lengths: integers([20], [1]),
      scales: floats(Float32Array.of(0, 1, 0), [3]),
    });
    expect(latent.frameCount).toBe(20 * TINY_SYMBOL_FRAMES);
    expect([...latent.durations]).toEqual(ids.map(() => TINY_SYMBOL_FRAMES));
    const whole = await network.decode(latent, 0, latent.frameCount);
    expect(whole).toHaveLength(latent.frameCount * TINY_FRAME_SAMPLES);
    for (const [from, to] of [
      [0, 24],
      [24, 25],
      [30, 90],
      [100, 120],
    ] as const) {
      const window = await network.decode(latent, from, to);
      const expected = whole.subarray(from * TINY_FRAME_SAMPLES, to * TINY_FRAME_SAMPLES);
      expect(window).toHaveLength(expected.length);
      expect(Math.max(...window.map((sample, index) => Math.abs(sample - expected[index]!)))).toBeLessThan(
        1e-6,
      );
    }
    await network.close();
  });

  it("is refused with a typed error where it is none", async () => {
    const broken = await temporaryFile("broken.onnx", "nothing of the sort");
    await expect(VitsNetwork.open(broken, { threads: 1 })).rejects.toMatchObject({ code: "graph-invalid" });
    await expect(VitsNetwork.open("absent.onnx", { threads: 1 })).rejects.toMatchObject({
      code: "model-missing",
    });
  });
});

describe("a voice engine", () => {
  let engine: Engine<VitsContract>;
  beforeAll(async () => {
    engine = await openVitsEngine({
      modelPath: await temporaryFile("voice.onnx", await tinyVits("piper")),
      configPath: await temporaryFile("voice.onnx.json", tinyPiperConfig()),
      threads: 1,
    });
  });
  afterAll(() => engine.close());

  const signal = new AbortController().signal;
  const speak = async (text: string, speed = 1): Promise<SpeechChunk[]> => {
    const chunks: SpeechChunk[] = [];
    for await (const chunk of createSpeechSynthesizer(directClient(engine), 8000).synthesize(
      { text, speed },
      { signal },
    ))
      chunks.push(chunk);
    return chunks;
  };
  const lengthOf = (chunks: SpeechChunk[]): number =>
    chunks.reduce((sum, chunk) => sum + chunk.samples.length, 0);

  it("names the words as written, in order and within the sound", async () => {
    const chunks = await speak("It costs $3.50, **really**! Pay at 7:30 pm.");
    const words = chunks.flatMap((chunk) => chunk.words);
    expect(words.map((word) => word.text)).toEqual([
      "It",
      "costs",
      "$3.50,",
      "really",
      "Pay",
      "at",
      "7:30 pm.",
    ]);
    let previousMs = 0;
    for (const { startMs, endMs } of words) {
      expect(startMs).toBeGreaterThanOrEqual(previousMs);
      expect(endMs).toBeGreaterThan(startMs);
      previousMs = endMs;
    }
    expect(previousMs).toBeLessThanOrEqual((lengthOf(chunks) / 8000) * 1000);
  });

  it("gives the first words with the first sound and every chunk some samples", async () => {
    const chunks = await speak("One two three four five six.");
    expect(chunks.length).toBeGreaterThan(2);
    expect(chunks[0]!.words.length).toBe(6);
    expect(chunks.every((chunk) => chunk.samples.length > 0 && chunk.sampleRate === 8000)).toBe(true);
  });

  it("speaks faster when told to", async () => {
    expect(lengthOf(await speak("One two three four", 2))).toBeLessThan(
      0.7 * lengthOf(await speak("One two three four")),
    );
  });

  it.each(["", "👍", "```\ncode\n```", "..."])("is silent for %j", async (text) => {
    expect(await speak(text)).toEqual([]);
  });

  it.each([0, -1, 100, NaN])("refuses a speed of %d", async (speed) => {
    await expect(speak("One", speed)).rejects.toMatchObject({ code: "config-invalid" });
  });

  it("does nothing more once cancelled", async () => {
    const controller = new AbortController();
    const synthesizer = createSpeechSynthesizer(directClient(engine), 8000);
    const heard: SpeechChunk[] = [];
    const speaking = (async () => {
      for await (const chunk of synthesizer.synthesize(
        { text: "One two three four five six seven.", speed: 1 },
        controller,
      )) {
        heard.push(chunk);
        controller.abort(new Error("stop"));
      }
    })();
    await expect(speaking).rejects.toThrow("stop");
    expect(heard).toHaveLength(1);
  });
});
