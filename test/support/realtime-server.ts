import { onTestFinished } from "vitest";

import { FakePictureDecoder, FakeSight, FakeTextReader } from "../../models/fakes/index.ts";
import { systemClock } from "../../src/clock.ts";
import { openVoiceSession } from "../../streaming/index.ts";
import { fakeModels, phrase, type PHRASES } from "./fake-models.ts";
import { startServer } from "./voice-server.ts";

/** A server over the real session with scripted models that see, too; ends with the test. */
export async function startRealtimeServer(overrides: Readonly<Record<string, unknown>> = {}) {
  const models = fakeModels();
  const sight = { decoder: new FakePictureDecoder(), sight: new FakeSight(), reader: new FakeTextReader() };
  const server = await startServer(
    (options) => openVoiceSession({ ...models, sight }, options, systemClock),
    overrides,
  );
  onTestFinished(async () => {
    await server.close();
  });
  return { server, models, sight };
}

/** What the fake recognizer understands, and the silence after it, at 24 kHz. */
export function spokenPhrase(frequency: keyof typeof PHRASES = 440, silenceMs = 1600): Float32Array {
  const said = phrase(frequency, 24_000);
  const samples = new Float32Array(said.length + 24 * silenceMs);
  samples.set(said);
  return samples;
}

/** A picture that the fake eyes can decode. */
export const PICTURE = Buffer.from([77]);
export const PICTURE_URL = `data:image/png;base64,${PICTURE.toString("base64")}`;
