import { afterEach, expect, test } from "vitest";

import { systemClock } from "../../src/clock.ts";
import { ConversationClient } from "../../src/client/conversation-client.ts";
import type { VoiceServer } from "../../src/server/app.ts";
import { encodeFrame } from "../../src/server/frames.ts";
import { HELLO, RawClient } from "../support/raw-client.ts";
import { ScriptedSession } from "../support/scripted-session.ts";
import { startServer } from "../support/voice-server.ts";

let server: VoiceServer | undefined;
let seen: { bytes: Uint8Array; ageMs: number }[] = [];

class SeeingSession extends ScriptedSession {
  see(picture: { readonly bytes: Uint8Array; readonly ageMs: number }): void {
    seen.push(picture);
  }
}

async function start(seeing = true): Promise<string> {
  seen = [];
  server = await startServer(() => (seeing ? new SeeingSession(100) : new ScriptedSession(100)));
  return server.url;
}

afterEach(async () => {
  await server?.close();
});

const picture = (timestampMs: number, payload = Uint8Array.of(0xff, 0xd8, 0xff)): Uint8Array =>
  encodeFrame({ kind: "picture-in", turn: 0, timestampMs, payload });
const sound = (timestampMs: number): Uint8Array =>
  encodeFrame({ kind: "audio-in", turn: 0, timestampMs, payload: new Uint8Array(640) });

async function expectAlive(client: RawClient): Promise<void> {
  client.send({ type: "text", text: "are you there" });
  expect((await client.next("answer-end")).outcome).toBe("completed");
}

test("a picture before hello is refused like any other binary message", async () => {
  const client = await RawClient.connect(await start());
  client.send(picture(0));
  expect(await client.closed()).toBe(1008);
  expect(client.all("error")).toMatchObject([{ code: "frame-invalid", fatal: true }]);
  expect(seen).toEqual([]);
});

test("pictures between hello and ready are kept, and their age is that of their capture", async () => {
  const client = await RawClient.connect(await start());
  client.send(HELLO);
  for (const message of [picture(5000), sound(5000), sound(5020), picture(5010)]) client.send(message);
  await client.next("ready");
  await expectAlive(client);
  expect(seen.map(({ ageMs }) => ageMs)).toEqual([0, 30]);
});

test("a flood of pictures, some out of time, costs neither the conversation nor its sound", async () => {
  const client = await RawClient.talk(await start());
  client.send(sound(60_000));
  for (let index = 0; index < 100; index++)
    client.send(picture(index % 2 === 0 ? 60_000 : 0, new Uint8Array(9000).fill(1)));
  for (let index = 1; index < 50; index++) client.send(sound(60_000 + index * 20));
  await expectAlive(client);
  expect(client.all("error")).toMatchObject([{ code: "picture-time", fatal: false }]);
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.length).toBeLessThanOrEqual(8);
  const figures = await (await fetch(server!.pageUrl + "metrics")).text();
  expect(figures).toMatch(/antiphon_pictures_total\{outcome="rate"\} \d+/u);
});

test("a server that cannot see takes pictures and goes on", async () => {
  const client = await RawClient.talk(await start(false));
  client.send(picture(0));
  await expectAlive(client);
});

test("our own client stamps pictures with the clock of its sound", async () => {
  const url = await start();
  const client = await ConversationClient.open({
    url,
    sampleRate: 16_000,
    clock: systemClock,
    signal: new AbortController().signal,
    onMessage: () => undefined,
    onClose: () => undefined,
  });
  client.sendAudio(new Float32Array(3200));
  client.sendPicture(Uint8Array.of(1, 2));
  await client.close();
  await expect.poll(() => seen).toMatchObject([{ ageMs: 0, bytes: Uint8Array.of(1, 2) }]);
});
