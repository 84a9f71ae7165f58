import { afterEach, expect, test } from "vitest";

import { FakePictureDecoder, FakeSight, FakeTextReader } from "../../models/fakes/index.ts";
import { systemClock } from "../../src/clock.ts";
import { ConversationClient } from "../../src/client/conversation-client.ts";
import type { VoiceServer } from "../../src/server/app.ts";
import { encodeFrame } from "../../src/server/frames.ts";
import { openVoiceSession } from "../../streaming/index.ts";
import { fakeModels } from "../support/fake-models.ts";
import { ManualClock } from "../support/manual-clock.ts";
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

/** A server whose sessions see greys, on a clock of the test's own. */
async function startSeeing(): Promise<{ readonly url: string; readonly clock: ManualClock }> {
  const clock = new ManualClock();
  const reader = new FakeTextReader(() => "");
  const sight = { decoder: new FakePictureDecoder(), sight: new FakeSight(), reader };
  server = await startServer((options) => openVoiceSession({ ...fakeModels(), sight }, options, clock));
  return { url: server.url, clock };
}
const grey = (value: number): Uint8Array<ArrayBuffer> => new Uint8Array(12).fill(value);
const IN_WRITING = { ...HELLO, settings: { spoken: false } };

test("who asks for it is told what each new picture shows, by its own mark, also where no sound moves any clock", async () => {
  const { url, clock } = await startSeeing();
  const client = await RawClient.talk(url, { ...IN_WRITING, views: true });
  for (const [stampMs, value] of [
    [1000, 50],
    [5000, 200],
  ] as const) {
    client.send(picture(stampMs, grey(value)));
    const { labels } = await client.next("view", ({ pictureMs }) => pictureMs === stampMs);
    expect(labels[0]?.name).toBe(`grey ${value}`);
    clock.advance(4000);
  }
});

test("who does not ask for it is told nothing that an older client would not know", async () => {
  const { url } = await startSeeing();
  for (const views of [{}, { views: false }]) {
    const client = await RawClient.talk(url, { ...IN_WRITING, ...views });
    client.send(picture(1000, grey(50)));
    client.send({ type: "text", text: "What do you see?" }); // which is answered once it has been looked at
    await client.next("answer-end");
    expect(client.all("view")).toEqual([]);
  }
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
