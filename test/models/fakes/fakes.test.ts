import { expect, test } from "vitest";

import {
  dominantFrequency,
  FAKE_VOICE,
  FakeLanguageModel,
  FakeSpeechDetector,
  FakeSpeechRecognizer,
  FakeSpeechSynthesizer,
  tone,
} from "../../../models/fakes/index.ts";

const { signal } = new AbortController();
const SAMPLING = { temperature: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 0 };
const request = (question: string): Parameters<FakeLanguageModel["generate"]>[0] => ({
  seat: "a",
  messages: [{ role: "user", content: question }],
  maxTokens: 10,
  sampling: SAMPLING,
  stop: [],
});

test("the fake recognizer tells phrases apart by pitch, hears partials grow, and hears nothing in silence", async () => {
  const recognizer = new FakeSpeechRecognizer({ 440: "what is the time", 660: "stop" });
  const hear = async (samples: Float32Array, urgency: "partial" | "final"): Promise<string> =>
    (await recognizer.recognize({ samples, urgency }, { signal })).text;
  expect(await hear(tone(660, 300), "final")).toBe("stop");
  expect(await hear(tone(440, 200), "partial")).toBe("what is");
  expect(await hear(tone(440, 300), "final")).toBe("what is the time");
  expect(await hear(new Float32Array(16_000), "final")).toBe("");
  expect(await hear(tone(100, 300), "final")).toBe("");
});

test("the fake detector hears loud windows only", async () => {
  const stream = new FakeSpeechDetector().openStream();
  expect(await stream.score(tone(440, 32), { signal })).toBeGreaterThan(0.5);
  expect(await stream.score(new Float32Array(512), { signal })).toBeLessThan(0.5);
});

test("the fake language model streams its script and counts those who stop listening", async () => {
  const model = new FakeLanguageModel((question) => `You asked ${question}`);
  let text = "";
  for await (const event of model.generate(request("why"), { signal })) {
    if (event.type === "text-delta") text += event.text;
  }
  expect(text).toBe("You asked why");
  for await (const event of model.generate(request("why"), { signal }))
    if (event.type === "text-delta") break;
  expect(model.aborted).toBe(1);
  const stopped = model.generate(request("why"), { signal: AbortSignal.abort(new Error("stop")) });
  await expect(stopped.next()).rejects.toThrow("stop");
});

test("the fake language model scores by its script, or finds all choices alike", async () => {
  const model = new FakeLanguageModel(() => "");
  const scoring = { ...request("is it for me?"), choices: ["Yes", "No"] };
  expect(await model.score(scoring, { signal })).toEqual([0.5, 0.5]);
  model.scoreOf = (question) => (question.endsWith("?") ? [0.9, 0.1] : [0.2, 0.8]);
  expect(await model.score(scoring, { signal })).toEqual([0.9, 0.1]);
  expect(model.scores).toEqual([scoring, scoring]);
  await expect(model.score(scoring, { signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow(
    "stop",
  );
});

test("the fake voice says each word as a tone and times it", async () => {
  const synthesizer = new FakeSpeechSynthesizer();
  const chunks = [];
  for await (const chunk of synthesizer.synthesize({ text: "Well — two words.", speed: 2 }, { signal })) {
    chunks.push(chunk);
  }
  expect(chunks).toHaveLength(3);
  expect(chunks[0]?.words.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
    [0, 100],
    [100, 200],
    [200, 300],
  ]);
  expect(dominantFrequency(chunks[1]!.samples, synthesizer.sampleRate)).toBeCloseTo(FAKE_VOICE.frequency, -1);
});
