import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { pcm16ToFloats, resample } from "../../audio/index.ts";
import { systemClock } from "../../src/clock.ts";
import type * as Compose from "../../src/compose.ts";
import { ALL_MODELS } from "../../src/model-files.ts";
import type { VoiceServer } from "../../src/server/app.ts";
import { openVoiceSession } from "../../streaming/index.ts";
import { likeness, SAYS_THE_SAME } from "../support/alike.ts";
import { haveModels } from "../support/models.ts";
import { RealtimeClient } from "../support/realtime-client.ts";
import { recording } from "../support/recordings.ts";
import { startServer, testConfig } from "../support/voice-server.ts";

/** Workers run compiled code; `npm test` compiles it before. */
const compiled = new URL("../../dist/src/compose.js", import.meta.url);
const { openModels } = (await import(compiled.href)) as typeof Compose;

const { signal } = new AbortController();

/** One question, spoken to the Realtime interface, on the lite pack's networks. */
describe.skipIf(!haveModels())("Realtime (skipped where the lite pack has not been fetched)", () => {
  let models: Compose.Models;
  let server: VoiceServer;
  let client: RealtimeClient;

  beforeAll(async () => {
    const settings = { pack: "lite" };
    models = await openModels(testConfig(settings), ALL_MODELS, { signal, onProgress: () => undefined });
    server = await startServer((options) => openVoiceSession(models, options, systemClock), settings);
    client = await RealtimeClient.connect(server.url);
    await client.update({ audio: { input: { transcription: {} } } });
    const question = await recording("question.wav", 24_000);
    const samples = new Float32Array(question.length + 2 * 24_000);
    samples.set(question);
    client.say(samples);
    await client.next("response.done");
  });
  afterAll(async () => {
    client.socket.close();
    await server.close();
    await models.close();
  });

  test("understands what was said", () => {
    const [completed] = client.all("conversation.item.input_audio_transcription.completed");
    expect(completed?.["transcript"]).toBe("What is the capital of France?");
  });

  test("answers in words, and in sound that says the same", async () => {
    const [done] = client.all("response.output_audio_transcript.done");
    const written = String(done?.["transcript"]);
    expect(written).toMatch(/\bParis\b/u);
    const deltas = client.all("response.output_audio.delta");
    const pcm = Buffer.concat(deltas.map(({ delta }) => Buffer.from(String(delta), "base64")));
    const samples = await resample(pcm16ToFloats(pcm), 24_000, 16_000);
    const { text } = await models.recognizer.recognize({ samples, urgency: "final" }, { signal });
    expect(likeness(written, text), text).toBeGreaterThanOrEqual(SAYS_THE_SAME);
  });
});
