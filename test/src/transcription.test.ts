import { expect, test } from "vitest";

import { FakeSpeechDetector, FakeSpeechRecognizer, tone } from "../../models/fakes/index.ts";
import { transcribeRecording } from "../../src/transcription.ts";

const { signal } = new AbortController();

function recording(...parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

const silence = (ms: number): Float32Array => new Float32Array(ms * 16);

test("a short recording is heard in one piece", async () => {
  const recognizer = new FakeSpeechRecognizer({ 440: "hello there" });
  const samples = recording(silence(300), tone(440, 1000), silence(300));
  expect(
    await transcribeRecording(samples, { detector: new FakeSpeechDetector(), recognizer }, { signal }),
  ).toBe("hello there");
  expect(recognizer.requests).toHaveLength(1);
});

test("a long recording is cut at its pauses, never beyond what the recognizer can hear, and silence is left out", async () => {
  const recognizer = new FakeSpeechRecognizer({ 440: "first", 880: "second" });
  const samples = recording(tone(440, 20_000), silence(20_000), tone(880, 20_000));
  expect(
    await transcribeRecording(samples, { detector: new FakeSpeechDetector(), recognizer }, { signal }),
  ).toBe("first second");
  for (const { samples: piece } of recognizer.requests) expect(piece.length).toBeLessThanOrEqual(28_000 * 16);
});

test("speech without a pause is still heard whole", async () => {
  const recognizer = new FakeSpeechRecognizer({ 440: "on and on" });
  const samples = tone(440, 70_000);
  await transcribeRecording(samples, { detector: new FakeSpeechDetector(), recognizer }, { signal });
  const heard = recognizer.requests.reduce((sum, request) => sum + request.samples.length, 0);
  expect(heard).toBeGreaterThan(samples.length - 1024);
  for (const { samples: piece } of recognizer.requests) expect(piece.length).toBeLessThanOrEqual(28_000 * 16);
});
