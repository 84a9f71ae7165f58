import { afterEach, expect, test } from "vitest";

import { holdSpokenConversation, TALK_SAMPLE_RATE } from "../../src/client/spoken-conversation.ts";
import { systemClock } from "../../src/clock.ts";
import type { VoiceServer } from "../../src/server/app.ts";
import { FAKE_VOICE } from "../../models/fakes/index.ts";
import { type Clock, openVoiceSession } from "../../streaming/index.ts";
import { fakeModels, phrase, PHRASES } from "../support/fake-models.ts";
import { startServer } from "../support/voice-server.ts";

const { signal } = new AbortController();
/** Counted in frames of the microphone, which a machine with much else to do sends many of at once. */
const PATIENCE_MS = 60_000;

let server: VoiceServer | undefined;
afterEach(async () => {
  await server?.close();
});

test("spoken questions get spoken answers, and the wait is measured in the recording", async () => {
  const models = fakeModels();
  server = await startServer((options) => openVoiceSession(models, options, systemClock));
  const { turns, user, assistant } = await holdSpokenConversation({
    url: server.url,
    questions: [phrase(440, TALK_SAMPLE_RATE), phrase(660, TALK_SAMPLE_RATE)],
    clock: systemClock,
    signal,
    patienceMs: PATIENCE_MS,
  });
  expect(turns.map(({ heard, answer }) => [heard, answer])).toEqual([
    [PHRASES[440], "The capital of France is Paris."],
    [PHRASES[660], "A banana is yellow."],
  ]);
  for (const { voiceToVoiceMs, stages } of turns) {
    expect(voiceToVoiceMs).toBeGreaterThan(50); // some silence must pass before a turn is over
    expect(voiceToVoiceMs).toBeLessThan((user.length * 1000) / TALK_SAMPLE_RATE);
    expect(stages.firstAudioMs).toBeTypeOf("number");
  }
  expect(user.length).toBe(assistant.length);
  const heardMs = (assistant.filter((sample) => Math.abs(sample) > 0.01).length * 1000) / TALK_SAMPLE_RATE;
  expect(heardMs).toBeGreaterThan(10 * FAKE_VOICE.wordMs * 0.9);
});

test("a recording in which nobody speaks ends without an answer instead of waiting for ever", async () => {
  const models = fakeModels();
  server = await startServer((options) => openVoiceSession(models, options, systemClock));
  const { turns } = await holdSpokenConversation({
    url: server.url,
    questions: [new Float32Array(TALK_SAMPLE_RATE / 2)],
    clock: systemClock,
    signal,
    patienceMs: 500,
  });
  expect(turns).toEqual([{ heard: "", answer: "", voiceToVoiceMs: null, stages: {} }]);
});

test("a program that stood still for longer than its patience still waits for the answer", async () => {
  const models = fakeModels();
  server = await startServer((options) => openVoiceSession(models, options, systemClock));
  const question = phrase(440, TALK_SAMPLE_RATE);
  const breathFrames = 15;
  const stallAfter = breathFrames + question.length / (TALK_SAMPLE_RATE / 50) + 1;
  let [sleeps, stoodStillMs] = [0, 0];
  const clock: Clock = {
    nowMs: () => systemClock.nowMs() + stoodStillMs,
    sleep: async (ms, options) => {
      await systemClock.sleep(ms, options);
      sleeps += 1;
      if (sleeps === stallAfter) stoodStillMs = 6000;
    },
  };
  const { turns } = await holdSpokenConversation({
    url: server.url,
    questions: [question],
    clock,
    signal,
    patienceMs: 3000,
  });
  expect(turns.map(({ heard }) => heard)).toEqual([PHRASES[440]]);
});

test("an answer that never ends is given up in time, with a code", async () => {
  const models = fakeModels();
  models.languageModel.answer = () => "And then there was more. ".repeat(60);
  server = await startServer((options) => openVoiceSession(models, options, systemClock));
  const talk = holdSpokenConversation({
    url: server.url,
    questions: [phrase(440, TALK_SAMPLE_RATE)],
    clock: systemClock,
    signal,
    patienceMs: PATIENCE_MS,
    turnLimitMs: 2000,
  });
  await expect(talk).rejects.toMatchObject({
    code: "answer-timeout",
    message: expect.stringContaining("2 s after the question") as string,
  });
});

test("a server that hangs up ends the talk with its reason, and one that is not there is named", async () => {
  let conversations = 0;
  const running = await startServer(
    (options) => {
      conversations += 1;
      return openVoiceSession(fakeModels(), options, systemClock);
    },
    { limits: { maxSessions: 1 } },
  );
  const { url } = running;
  const talk = async (): Promise<unknown> =>
    await holdSpokenConversation({
      url,
      questions: [phrase(440, TALK_SAMPLE_RATE, 3000)],
      clock: systemClock,
      signal,
      patienceMs: PATIENCE_MS,
    });
  const first = talk();
  const failure = expect(first).rejects.toMatchObject({ code: "shutting-down" });
  await expect.poll(() => conversations).toBe(1);
  await expect(talk()).rejects.toMatchObject({ code: "session-limit" });
  await running.close();
  await failure;
  await expect(talk()).rejects.toMatchObject({ code: "connection-failed" });
});
