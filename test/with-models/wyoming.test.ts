import { readFile } from "node:fs/promises";
import { once } from "node:events";
import { connect } from "node:net";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { pcm16ToFloats, readWav, floatsToPcm16 } from "../../audio/index.ts";
import { systemClock } from "../../src/clock.ts";
import type * as Compose from "../../src/compose.ts";
import { encodeEvent, EventReader, type WyomingEvent } from "../../src/dialects/wyoming/events.ts";
import { createLogger } from "../../src/logging.ts";
import { ALL_MODELS } from "../../src/model-files.ts";
import { projectFile } from "../../src/project.ts";
import { VoiceServer } from "../../src/server/app.ts";
import { openVoiceSession } from "../../streaming/index.ts";
import { likeness, SAYS_THE_SAME } from "../support/alike.ts";
import { freePort } from "../support/free-port.ts";
import { haveModels } from "../support/models.ts";
import { testConfig } from "../support/voice-server.ts";

/** Workers run compiled code; `npm test` compiles it before. */
const compiled = new URL("../../dist/src/compose.js", import.meta.url);
const { openModels } = (await import(compiled.href)) as typeof Compose;
const { signal } = new AbortController();

describe.skipIf(!haveModels())("Wyoming (skipped where the lite pack has not been fetched)", () => {
  let models: Compose.Models;
  let server: VoiceServer;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    const config = testConfig({ pack: "lite", wyoming: { port } });
    models = await openModels(config, ALL_MODELS, { signal, onProgress: () => undefined });
    server = await VoiceServer.listen({ config, clock: systemClock, logger: createLogger("silent") });
    server.open({
      openSession: (options) => openVoiceSession(models, options, systemClock),
      models,
      voiceSampleRate: models.synthesizer.sampleRate,
    });
  });
  afterAll(async () => {
    await server.close();
    await models.close();
  });

  /** Sends these events and returns what comes until one of type `last`. */
  async function ask(last: string, ...events: Buffer[]): Promise<WyomingEvent[]> {
    const socket = connect(port, "127.0.0.1");
    const reader = new EventReader();
    const received: WyomingEvent[] = [];
    socket.write(Buffer.concat(events));
    while (received.at(-1)?.type !== last) {
      const [bytes] = (await once(socket, "data")) as [Buffer];
      received.push(...reader.push(bytes));
    }
    socket.destroy();
    return received;
  }

  /** An utterance as a microphone gives it, in pieces of 100 ms. */
  function utterance(samples: Float32Array, rate: number): Buffer[] {
    const format = { rate, width: 2, channels: 1 };
    const pieces = Array.from({ length: Math.ceil((samples.length * 10) / rate) }, (_, index) =>
      samples.subarray((index * rate) / 10, ((index + 1) * rate) / 10),
    );
    const chunks = pieces.map((piece) => encodeEvent("audio-chunk", format, floatsToPcm16(piece)));
    return [encodeEvent("audio-start", format), ...chunks, encodeEvent("audio-stop")];
  }

  const textOf = (events: readonly WyomingEvent[], type: string): string =>
    String(events.find((event) => event.type === type)?.data["text"]);

  test("a recorded question is understood", async () => {
    const { channels, sampleRate } = readWav(await readFile(projectFile("examples/question.wav")));
    const events = await ask("transcript-stop", ...utterance(channels[0] ?? new Float32Array(0), sampleRate));
    expect(textOf(events, "transcript")).toBe("What is the capital of France?");
  });

  test("what the voice says is what was written, as the ear hears it", async () => {
    const written = "The weather is lovely today.";
    const spoken = await ask("audio-stop", encodeEvent("synthesize", { text: written }));
    const samples = pcm16ToFloats(Buffer.concat(spoken.map(({ payload }) => payload)));
    const heard = await ask("transcript-stop", ...utterance(samples, models.synthesizer.sampleRate));
    const text = textOf(heard, "transcript");
    expect(likeness(written, text), text).toBeGreaterThanOrEqual(SAYS_THE_SAME);
  });

  test("a written question is answered in writing", async () => {
    const events = await ask(
      "handled-stop",
      encodeEvent("transcript", { text: "What is the capital of France?" }),
    );
    expect(textOf(events, "handled")).toContain("Paris");
  });
});
