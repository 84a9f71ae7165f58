import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

import { systemClock } from "../../src/clock.ts";
import type { VoiceServer } from "../../src/server/app.ts";
import { encodeFrame } from "../../src/server/frames.ts";
import { openVoiceSession } from "../../streaming/index.ts";
import { fakeModels, phrase, PHRASES } from "../support/fake-models.ts";
import { HELLO, RawClient } from "../support/raw-client.ts";
import { floatsToPcm16 } from "../../audio/index.ts";
import { startServer } from "../support/voice-server.ts";

let server: VoiceServer;
const unhandled: unknown[] = [];
const note = (reason: unknown): number => unhandled.push(reason);

beforeAll(async () => {
  process.on("unhandledRejection", note);
  server = await startServer((options) => openVoiceSession(fakeModels(), options, systemClock), {
    limits: { maxSessions: 50, resumeMs: 50 },
  });
});
afterAll(async () => {
  await server.close();
  process.off("unhandledRejection", note);
});

const frame = (samples: Float32Array): Uint8Array =>
  encodeFrame({ kind: "audio-in", turn: 0, timestampMs: 0, payload: floatsToPcm16(samples) });

const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant(frame(phrase(440, 16_000, 300))) },
  { weight: 3, arbitrary: fc.constant(frame(new Float32Array(8000))) },
  { weight: 2, arbitrary: fc.constant({ type: "text", text: PHRASES[660] }) },
  { weight: 2, arbitrary: fc.constant({ type: "interrupt" }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("playback"), turn: fc.nat(4), playedMs: fc.nat(3000) }),
  },
  { weight: 1, arbitrary: fc.constant({ type: "ping" }) },
  { weight: 1, arbitrary: fc.constant(HELLO) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
  { weight: 1, arbitrary: fc.constant("wait" as const) },
);

test("whatever a client sends in whatever order, and however it leaves, the server and the others live on", async () => {
  const conversation = fc.tuple(
    fc.array(step, { maxLength: 25 }),
    fc.constantFrom("close", "terminate", "stay"),
  );
  await fc.assert(
    fc.asyncProperty(conversation, async ([steps, ending]) => {
      const client = await RawClient.connect(server.url);
      client.send(HELLO);
      for (const message of steps) {
        if (message === "wait") await new Promise((resolve) => setTimeout(resolve, 30));
        else if (client.socket.readyState === client.socket.OPEN) client.send(message);
      }
      if (ending === "close") client.socket.close(1000);
      if (ending === "terminate") client.socket.terminate();
      const ends = client.all("answer-end").map(({ turn }) => turn);
      expect(new Set(ends).size).toBe(ends.length);
      const other = await RawClient.talk(server.url);
      other.send({ type: "ping", id: 1 });
      await other.next("pong");
      other.socket.close(1000);
    }),
    { numRuns: 40 },
  );
  expect(unhandled).toEqual([]);
  const witness = await RawClient.talk(server.url);
  witness.send({ type: "text", text: PHRASES[440] });
  expect((await witness.next("answer-end")).outcome).toBe("completed");
});
