import { afterEach, beforeEach, expect, test } from "vitest";

import { floatsToPcm16, pcm16ToFloats } from "../../audio/index.ts";
import { openOpusDecoder, openOpusEncoder } from "../../audio/opus.ts";
import { dominantFrequency, tone } from "../../models/fakes/index.ts";
import type { VoiceServer } from "../../src/server/app.ts";
import { encodeFrame } from "../../src/server/frames.ts";
import { HELLO, RawClient } from "../support/raw-client.ts";
import { ScriptedSession } from "../support/scripted-session.ts";
import { startServer } from "../support/voice-server.ts";

let server: VoiceServer;
let sessions: ScriptedSession[];

beforeEach(async () => {
  sessions = [];
  server = await startServer(() => {
    const session = new ScriptedSession();
    sessions.push(session);
    return session;
  });
});
afterEach(async () => {
  await server.close();
});

function audioIn(samples: Float32Array, timestampMs = 0): Uint8Array {
  return encodeFrame({ kind: "audio-in", turn: 0, timestampMs, payload: floatsToPcm16(samples) });
}

/** 300 ms of voice and 300 ms of silence, at once. */
function speak(client: RawClient): void {
  client.send(audioIn(tone(440, 300)));
  client.send(audioIn(new Float32Array(4800)));
}

test("a spoken question is heard, understood and answered in sound and words, in this order", async () => {
  const client = await RawClient.talk(server.url);
  expect(client.all("ready")[0]).toMatchObject({
    version: 1,
    resumed: false,
    limits: { maxPayloadBytes: 262_144, leadMs: 250 },
  });
  speak(client);
  const end = await client.next("answer-end");
  expect(end).toMatchObject({ turn: 1, outcome: "completed", timings: { revisions: 0 } });
  const types = client.received.map(({ type }) => type).filter((type) => type !== "frame");
  expect(types).toEqual([
    "ready",
    "speech-start",
    "transcript-delta",
    "speech-end",
    "transcript-end",
    "answer-start",
    "answer-delta",
    "answer-end",
  ]);
  const frames = client.all("frame");
  expect(frames.map(({ timestampMs }) => timestampMs)).toEqual(frames.map((_, index) => index * 20));
  expect(
    frames.every(({ kind, turn, payload }) => kind === "audio-out" && turn === 1 && payload.length === 640),
  ).toBe(true);
  const heard = Float32Array.from(frames.flatMap(({ payload }) => [...pcm16ToFloats(payload)]));
  expect(heard.length).toBe(600 * 16);
  expect(dominantFrequency(heard, 16_000)).toBeCloseTo(220, -1);
  expect(client.received.at(-1)?.type).toBe("answer-end");
});

test("somebody who speaks over the answer stops it, and no sound of it follows", async () => {
  const client = await RawClient.talk(server.url);
  speak(client);
  await client.next("frame");
  speak(client);
  const end = await client.next("answer-end", ({ turn }) => turn === 1);
  expect(end.outcome).toBe("interrupted");
  await client.next("answer-end", ({ turn }) => turn === 2);
  const endIndex = client.received.indexOf(end);
  const late = client.received
    .slice(endIndex)
    .filter((message) => message.type === "frame" && message.turn === 1);
  expect(late).toEqual([]);
});

test("a typed question is answered like a spoken one, and a button stops the answer", async () => {
  const client = await RawClient.talk(server.url);
  client.send({ type: "text", text: "hello\u0000you" });
  await client.next("frame");
  expect(client.all("transcript-end")[0]?.text).toBe("hello you");
  client.send({ type: "interrupt" });
  expect((await client.next("answer-end")).outcome).toBe("interrupted");
});

test("playback reports reach the conversation", async () => {
  const client = await RawClient.talk(server.url);
  client.send({ type: "playback", turn: 3, playedMs: 120.5 });
  client.send({ type: "ping", id: 7 });
  expect(await client.next("pong")).toEqual({ type: "pong", id: 7 });
  expect(sessions[0]?.inputs).toEqual([{ type: "playback", turn: 3, playedMs: 120.5 }]);
});

test("sound that comes between hello and ready is not lost, and has its place on the clock", async () => {
  const client = await RawClient.connect(server.url);
  client.send(HELLO);
  for (let frame = 0; frame < 10; frame++) client.send(audioIn(new Float32Array(320), frame * 20));
  client.send({ type: "ping" });
  await client.next("pong");
  const starts = sessions[0]?.inputs.map((input) => (input.type === "audio" ? input.frame.startSample : -1));
  expect(starts).toEqual(Array.from({ length: 10 }, (_, index) => index * 320));
});

test("Opus goes both ways", async () => {
  const format = { format: "opus", sampleRate: 48_000, frameMs: 20 } as const;
  const client = await RawClient.talk(server.url, { ...HELLO, input: format, output: format });
  const encoder = await openOpusEncoder(48_000, 20);
  const question = new Float32Array(48_000 * 0.6);
  question.set(tone(440, 300, 48_000));
  for (let start = 0; start < question.length; start += 960) {
    const payload = encoder.encode(question.subarray(start, start + 960));
    client.send(encodeFrame({ kind: "audio-in", turn: 0, timestampMs: start / 48, payload }));
  }
  await client.next("answer-end");
  const decoder = await openOpusDecoder(48_000);
  const heard = Float32Array.from(client.all("frame").flatMap(({ payload }) => [...decoder.decode(payload)]));
  expect(heard.length).toBe(600 * 48);
  expect(dominantFrequency(heard.subarray(4800, -4800), 48_000)).toBeCloseTo(220, -1);
});

test("two conversations know nothing of each other", async () => {
  const [first, second] = [await RawClient.talk(server.url), await RawClient.talk(server.url)];
  first.send({ type: "text", text: "one" });
  second.send("this is no JSON");
  await second.next("error");
  second.socket.terminate();
  await first.next("answer-end");
  expect(first.all("error")).toEqual([]);
  expect(second.all("answer-start")).toEqual([]);
  expect(sessions).toHaveLength(2);
});

test("a clean goodbye ends the conversation at once", async () => {
  const client = await RawClient.talk(server.url);
  client.socket.close(1000);
  await client.closed();
  await expect.poll(() => sessions[0]?.closed).toBe(true);
});

test("a broken connection can be resumed with its conversation, and the answer it interrupted is stopped", async () => {
  const client = await RawClient.talk(server.url);
  client.send({ type: "text", text: "one" });
  await client.next("frame");
  const { session } = await client.next("ready");
  client.socket.terminate();
  await expect.poll(() => sessions[0]?.inputs.at(-1)).toEqual({ type: "interrupt" });
  const again = await RawClient.talk(server.url, { ...HELLO, resume: session });
  expect(await again.next("ready")).toMatchObject({ session, resumed: true });
  again.send({ type: "text", text: "two" });
  await again.next("answer-end", ({ turn }) => turn === 2);
  expect(sessions).toHaveLength(1);
});

test("a conversation that is resumed elsewhere lets go of its old connection", async () => {
  const client = await RawClient.talk(server.url);
  const { session } = await client.next("ready");
  const again = await RawClient.talk(server.url, { ...HELLO, resume: session });
  expect(await client.closed()).toBe(1008);
  again.send({ type: "text", text: "still here" });
  await again.next("answer-end");
  expect(sessions).toHaveLength(1);
});

test("who asks for a conversation that is gone gets a new one", async () => {
  const client = await RawClient.talk(server.url, { ...HELLO, resume: "long-gone" });
  expect(await client.next("ready")).toMatchObject({ resumed: false });
});
