import { expect, test } from "vitest";

import { locateQuestions, readTurns } from "../../bench/recording.ts";

const SAMPLE_RATE = 1000;

/** A stretch of sound that is loud all over, behind some digital silence of its own. */
function sound(lengthMs: number, silenceMs = 0): Float32Array {
  return Float32Array.from({ length: silenceMs + lengthMs }, (_, index) => (index < silenceMs ? 0 : 0.5));
}

function channel(lengthMs: number, parts: readonly (readonly [number, Float32Array])[]): Float32Array {
  const samples = new Float32Array(lengthMs);
  for (const [atMs, part] of parts) samples.set(part, atMs);
  return samples;
}

test("questions are found where they were asked, with the silence they begin with", () => {
  const questions = [sound(100, 30), sound(200)];
  const user = channel(2000, [
    [300, sound(100, 30)],
    [1200, sound(200)],
  ]);
  expect(locateQuestions(user, questions)).toEqual([
    { start: 300, end: 430 },
    { start: 1200, end: 1400 },
  ]);
});

test("a question that was never asked is not taken for another", () => {
  expect(() => locateQuestions(channel(500, [[0, sound(100)]]), [sound(100), sound(100)])).toThrow("missing");
});

test("each answer belongs to the question before it, and one that is missing stays missing", () => {
  const questions = [sound(100), sound(100)];
  const user = channel(3000, [
    [300, sound(100)],
    [1500, sound(100)],
  ]);
  const assistant = channel(3000, [[900, sound(200)]]);
  const [first, second] = readTurns({ user, assistant }, questions, SAMPLE_RATE);
  expect(first).toMatchObject({ voiceToVoiceMs: 500, cutIn: false });
  expect(second).toMatchObject({ voiceToVoiceMs: undefined, cutIn: false });
});

test("an assistant that speaks before the user has finished is told apart from a fast one", () => {
  const questions = [sound(500)];
  const user = channel(1500, [[200, sound(500)]]);
  const hasty = channel(1500, [[400, sound(600)]]);
  const [turn] = readTurns({ user, assistant: hasty }, questions, SAMPLE_RATE);
  expect(turn?.cutIn).toBe(true);
});
