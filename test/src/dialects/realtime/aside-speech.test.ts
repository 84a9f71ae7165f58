import { expect, test } from "vitest";

import { FakeSpeechSynthesizer } from "../../../../models/fakes/index.ts";
import { AsideSpeech } from "../../../../src/dialects/realtime/aside-speech.ts";
import type { ServerEvent } from "../../../../src/dialects/realtime/beta.ts";
import { Items } from "../../../../src/dialects/realtime/items.ts";
import { ResponseWriter } from "../../../../src/dialects/realtime/response-writer.ts";
import { initialConfig } from "../../../../src/dialects/realtime/session-config.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { testConfig } from "../../../support/voice-server.ts";

function speak(text: string, speed = 1) {
  const clock = new ManualClock();
  const controller = new AbortController();
  const events: ServerEvent[] = [];
  const writer = new ResponseWriter((event) => events.push(event), new Items(), {
    config: initialConfig(testConfig(), new URLSearchParams()),
    metadata: null,
    conversationId: null,
  });
  const synthesizer = new FakeSpeechSynthesizer();
  const voice = { format: { type: "audio/pcm", rate: 24_000 }, speed } as const;
  const { signal } = controller;
  const speech = new AsideSpeech(writer, voice, { models: () => ({ synthesizer }), clock, signal });
  speech.add(text);
  return { clock, controller, writer, synthesizer, finished: speech.finish() };
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test("sound is never further ahead of real time than a client surely takes in", async () => {
  const { clock, writer, finished } = speak("One word after the other, and more of them. ".repeat(10));
  await expect.poll(() => writer.soundMs).toBeGreaterThan(900);
  await settled();
  expect(writer.soundMs).toBeLessThanOrEqual(1100);
  // Once it is later than all that was sent, it is a second ahead again, and not two of them.
  clock.advance(5000);
  await settled();
  await expect.poll(() => writer.soundMs).toBeGreaterThan(1900);
  await settled();
  expect(writer.soundMs).toBeLessThanOrEqual(2200);
  // Ninety words of 200 ms.
  for (let second = 0; second < 30; second++) {
    clock.advance(1000);
    await settled();
  }
  await finished;
  expect(writer.soundMs).toBeCloseTo(18_000, -2);
});

test("a voice speaks as fast as it is told to, clause by clause, behind those who are spoken with", async () => {
  const { writer, synthesizer, finished } = speak("A banana is yellow. It is bent.", 2);
  await finished;
  expect(writer.soundMs).toBeCloseTo(700, -2);
  expect(synthesizer.requests.map(({ text }) => text).join(" ")).toBe("A banana is yellow. It is bent.");
  expect(synthesizer.requests.length).toBeGreaterThan(1);
  expect(synthesizer.requests.every(({ inBackground, speed }) => inBackground === true && speed === 2)).toBe(
    true,
  );
});

test("who stops it hears nothing more, also where it waits for its time", async () => {
  const { clock, controller, writer, finished } = speak("Word after word after word. ".repeat(20));
  await expect.poll(() => writer.soundMs).toBeGreaterThan(900);
  await settled();
  const sentMs = writer.soundMs;
  controller.abort(new Error("stopped"));
  await expect(finished).rejects.toThrow("stopped");
  clock.advance(60_000);
  await settled();
  expect(writer.soundMs).toBe(sentMs);
});
