import { afterEach, expect, test } from "vitest";

import { holdSpokenConversation, TALK_SAMPLE_RATE } from "../../src/client/spoken-conversation.ts";
import { systemClock } from "../../src/clock.ts";
import type { VoiceServer } from "../../src/server/app.ts";
import { tone } from "../../models/fakes/index.ts";
import { ScriptedSession } from "../support/scripted-session.ts";
import { startServer } from "../support/voice-server.ts";

let server: VoiceServer | undefined;
afterEach(async () => {
  await server?.close();
});

test("spoken questions get spoken answers, and the wait is measured in the recording", async () => {
  server = await startServer(() => new ScriptedSession(600));
  const question = tone(440, 400, TALK_SAMPLE_RATE);
  const { turns, user, assistant } = await holdSpokenConversation({
    url: server.url,
    questions: [question, question],
    clock: systemClock,
    signal: AbortSignal.timeout(20_000),
    patienceMs: 5000,
  });
  expect(turns.map(({ heard, answer }) => [heard, answer])).toEqual([
    ["what is that", "You said"],
    ["what is that", "You said"],
  ]);
  for (const { voiceToVoiceMs, stages } of turns) {
    expect(voiceToVoiceMs).toBeGreaterThanOrEqual(200); // the pause the session waits for
    expect(voiceToVoiceMs).toBeLessThan(2000);
    expect(stages).toEqual({ transcriptMs: 1, firstAudioMs: 2, revisions: 0 });
  }
  expect(user.length).toBe(assistant.length);
  const heardMs = (assistant.filter((sample) => Math.abs(sample) > 0.01).length * 1000) / TALK_SAMPLE_RATE;
  expect(heardMs).toBeGreaterThan(2 * 600 * 0.9);
});
