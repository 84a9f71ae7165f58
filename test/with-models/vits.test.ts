import { readFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Engine } from "../../models/runtime/engine.ts";
import { floatData, floats, integers, NetworkSession } from "../../models/runtime/session.ts";
import { openVitsEngine, type VitsContract } from "../../models/vits/engine.ts";
import { VitsNetwork, type Latent } from "../../models/vits/network.ts";
import { Phonemizer } from "../../models/vits/phonemes.ts";
import { piperFront } from "../../models/vits/piper.ts";
import { createSpeechSynthesizer } from "../../models/vits/synthesizer.ts";
import { parseVoiceConfig } from "../../models/vits/voice-config.ts";
import { frameWindows } from "../../models/vits/windows.ts";
import { normalize, type SpeechChunk } from "../../streaming/index.ts";
import { directClient } from "../support/direct-client.ts";
import { modelPath } from "../support/models.ts";

const SENTENCE = "The capital of France is Paris, a city on the river Seine with many museums.";
const signal = new AbortController().signal;
const modelFile = (): string => modelPath("voice");
const configFile = (): string => modelPath("voice-config");

function largestDifference(one: Float32Array, other: Float32Array): number {
  expect(one.length).toBe(other.length);
  return one.reduce((largest, sample, index) => Math.max(largest, Math.abs(sample - (other[index] ?? 0))), 0);
}

describe("a Piper voice, cut after its flow", () => {
  let network: VitsNetwork;
  let latent: Latent;
  beforeAll(async () => {
    network = await VitsNetwork.open(modelFile(), { threads: 2 });
    const voice = parseVoiceConfig(readFileSync(configFile(), "utf8"));
    const phonemizer = await Phonemizer.open(voice.phonemeVoice);
    // Without noise, so that a failure can be repeated.
    const quiet = { ...voice, noiseScale: 0, durationNoiseScale: 0 };
    const front = piperFront(quiet, (words) => phonemizer.phonemize(words), network.inputNames);
    latent = await network.encode((await front.prepare(normalize(SENTENCE), 1)).feeds);
  });
  afterAll(() => network.close());

  test("sounds in windows as in one shot, or every seam would click", async () => {
    const whole = await network.decode(latent, 0, latent.frameCount);
    // A sixth of a step of 16-bit sound: another length is added up in another order, up to 2e-6 apart. A seam is 1000 times that.
    const tolerance = 5e-6;
    let position = 0;
    for (const { from, to } of frameWindows(latent.frameCount)) {
      const window = await network.decode(latent, from, to);
      const expected = whole.subarray(position, position + window.length);
      expect(largestDifference(window, expected)).toBeLessThan(tolerance);
      position += window.length;
    }
    expect(position).toBe(whole.length);
  });

  test("says what the uncut network says, noise apart", async () => {
    const ids = Array.from({ length: 61 }, (_unused, index) => (index % 2 === 0 ? 14 + (index % 40) : 0));
    const feeds = {
      input: integers(ids, [1, ids.length]),
      input_lengths: integers([ids.length], [1]),
      scales: floats(Float32Array.of(0, 1, 0), [3]),
    };
    const uncut = await NetworkSession.open(modelFile(), { threads: 2 });
    const expected = floatData((await uncut.run(feeds))["output"]);
    await uncut.close();
    const other = await network.encode(feeds);
    // The cut itself costs nothing: over one length, only what float32 rounds may differ.
    const loudest = expected.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    const whole = await network.decode(other, 0, other.frameCount);
    expect(loudest).toBeGreaterThan(0.01);
    expect(largestDifference(whole, expected)).toBeLessThanOrEqual(1e-6 * loudest);
    const windows = [...frameWindows(other.frameCount)];
    const samples: number[] = [];
    for (const { from, to } of windows) samples.push(...(await network.decode(other, from, to)));
    expect(windows.length).toBeGreaterThan(2);
    expect(largestDifference(Float32Array.from(samples), expected)).toBeLessThan(1e-5);
  });

  test("gives durations that add up to its frames, or words would be marked as heard at wrong times", () => {
    expect(latent.durations.reduce((sum, frames) => sum + frames, 0)).toBe(latent.frameCount);
    expect(network.frameSamples).toBe(256);
  });
});

describe("a voice engine on real weights", () => {
  let engine: Engine<VitsContract>;
  beforeAll(async () => {
    engine = await openVitsEngine({ modelPath: modelFile(), configPath: configFile(), threads: 2 });
  });
  afterAll(() => engine.close());

  const speak = async (text: string, speed = 1): Promise<SpeechChunk[]> => {
    const synthesizer = createSpeechSynthesizer(directClient(engine), 22_050);
    const chunks: SpeechChunk[] = [];
    for await (const chunk of synthesizer.synthesize({ text, speed }, { signal })) chunks.push(chunk);
    return chunks;
  };
  const durationMs = (chunks: SpeechChunk[]): number =>
    chunks.reduce((sum, chunk) => sum + (chunk.samples.length * 1000) / chunk.sampleRate, 0);

  test("speaks a sentence at a human pace, each word in its place", async () => {
    const chunks = await speak(SENTENCE);
    const words = chunks.flatMap((chunk) => chunk.words);
    expect(words.map((word) => word.text)).toEqual(SENTENCE.split(" "));
    for (const [index, word] of words.entries()) {
      expect(word.endMs - word.startMs, word.text).toBeGreaterThan(20);
      expect(word.endMs - word.startMs, word.text).toBeLessThan(1500);
      expect(word.startMs).toBeGreaterThanOrEqual(words[index - 1]?.endMs ?? 0);
    }
    const spokenMs = durationMs(chunks);
    expect(spokenMs).toBeGreaterThan(3000);
    expect(spokenMs).toBeLessThan(8000);
    expect(words.at(-1)!.endMs).toBeLessThanOrEqual(spokenMs);
    expect(words.at(-1)!.endMs).toBeGreaterThan(spokenMs - 600);
  });

  test("is heard at once: no more than 30 ms of silence before the first sound", async () => {
    const [first] = await speak("Yes, of course.");
    const audible = first!.samples.findIndex((sample) => Math.abs(sample) > 0.01);
    expect(audible).toBeGreaterThanOrEqual(0);
    expect(audible / 22.05).toBeLessThan(30);
  });

  test("is loud enough to hear and never clips hard", async () => {
    const chunks = await speak(SENTENCE);
    const samples = chunks.flatMap((chunk) => Array.from(chunk.samples));
    expect(samples.every(Number.isFinite)).toBe(true);
    expect(Math.sqrt(samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length)).toBeGreaterThan(
      0.01,
    );
    expect(samples.filter((sample) => Math.abs(sample) > 1).length).toBe(0);
  });

  test("pauses after a sentence longer than inside one", async () => {
    const silence = async (text: string): Promise<number> => {
      const samples = (await speak(text)).at(-1)!.samples;
      return samples.length - samples.findLastIndex((sample) => Math.abs(sample) > 0.01);
    };
    expect(await silence("I see it.")).toBeGreaterThan(2 * (await silence("I see it")));
  });

  test("keeps going through 20,000 characters until it is told to stop", async () => {
    const controller = new AbortController();
    const synthesizer = createSpeechSynthesizer(directClient(engine), 22_050);
    const text = "word ".repeat(4000);
    let chunks = 0;
    const speaking = (async () => {
      for await (const chunk of synthesizer.synthesize({ text, speed: 1 }, controller)) {
        chunks += chunk.samples.length > 0 ? 1 : 0;
        if (chunks === 3) controller.abort(new Error("enough"));
      }
    })();
    await expect(speaking).rejects.toThrow("enough");
    expect(chunks).toBe(3);
  });
});
