import { afterEach, beforeEach, expect, test } from "vitest";

import { floatsToPcm16, pcm16ToFloats } from "../../audio/index.ts";
import { openOpusDecoder, openOpusEncoder } from "../../audio/opus.ts";
import { dominantFrequency, FAKE_VOICE } from "../../models/fakes/index.ts";
import { systemClock } from "../../src/clock.ts";
import type { VoiceServer } from "../../src/server/app.ts";
import { encodeFrame } from "../../src/server/frames.ts";
import { openVoiceSession, textOf, type VoiceSession } from "../../streaming/index.ts";
import { fakeModels, phrase, PHRASES } from "../support/fake-models.ts";
import { haveOpus } from "../support/opus.ts";
import { HELLO, RawClient } from "../support/raw-client.ts";
import { startServer } from "../support/voice-server.ts";

/** The real session over scripted models, through real sockets. */
let server: VoiceServer;
let models: ReturnType<typeof fakeModels>;
let sessions: VoiceSession[];

beforeEach(async () => {
  models = fakeModels();
  sessions = [];
  server = await startServer((options) => {
    const session = openVoiceSession(models, options, systemClock);
    sessions.push(session);
    return session;
  });
});
afterEach(async () => {
  await server.close();
});

/** Sound that is sent, at most 250 ms ahead, when 450 and 650 ms may have been heard. */
const HEARD_450_MS = 720;
const HEARD_650_MS = 920;

/** Speaks a phrase and then keeps silent, faster than real time: the conversation's clock is its sound. */
function speak(client: RawClient, frequency: keyof typeof PHRASES = 440): void {
  const samples = new Float32Array(16_000 * 2.2);
  samples.set(phrase(frequency));
  for (let start = 0; start < samples.length; start += 320) {
    const payload = floatsToPcm16(samples.subarray(start, start + 320));
    client.send(encodeFrame({ kind: "audio-in", turn: 0, timestampMs: 0, payload }));
  }
}

test("a spoken question is heard, understood and answered in words and sound, in this order", async () => {
  const client = await RawClient.talk(server.url);
  speak(client);
  const end = await client.next("answer-end");
  expect(end).toMatchObject({ turn: 1, outcome: "completed", text: "The capital of France is Paris." });
  expect(end.timings.firstAudioMs).toBeTypeOf("number");
  const types = new Set(client.received.map(({ type }) => type));
  types.delete("transcript-delta"); // whether a partial comes in time is up to the machine
  expect([...types]).toEqual([
    "ready",
    "speech-start",
    "decision",
    "speech-end",
    "transcript-end",
    "answer-start",
    "answer-delta",
    "frame",
    "audio-end",
    "answer-end",
  ]);
  expect((await client.next("transcript-end")).text).toBe(PHRASES[440]);
  expect(
    client
      .all("answer-delta")
      .map(({ text }) => text)
      .join(""),
  ).toBe("The capital of France is Paris.");
  const frames = client.all("frame");
  expect(frames.map(({ timestampMs }) => timestampMs)).toEqual(frames.map((_, index) => index * 20));
  expect(
    frames.every(({ kind, turn, payload }) => kind === "audio-out" && turn === 1 && payload.length === 640),
  ).toBe(true);
  const heard = Float32Array.from(frames.flatMap(({ payload }) => [...pcm16ToFloats(payload)]));
  expect((heard.length * 1000) / 16_000).toBeGreaterThanOrEqual(6 * FAKE_VOICE.wordMs);
});

test("sound never runs more than the lead and a frame ahead of real time", async () => {
  const client = await RawClient.talk(server.url);
  const leads: number[] = [];
  const askedMs = performance.now(); // the answer starts later, so no delay on the way can make a lead look longer
  client.socket.on("message", (_data, isBinary) => {
    if (isBinary) leads.push((leads.length + 1) * 20 - (performance.now() - askedMs));
  });
  client.send({ type: "text", text: PHRASES[440] });
  await client.next("answer-end");
  expect(leads.length).toBeGreaterThan(50);
  expect(Math.max(...leads)).toBeLessThanOrEqual(270);
});

test("somebody who speaks over the answer stops it, and no sound of it follows", async () => {
  const client = await RawClient.talk(server.url);
  client.send({ type: "text", text: PHRASES[440] });
  await client.next("frame", ({ timestampMs }) => timestampMs >= HEARD_450_MS);
  client.send({ type: "playback", turn: 1, playedMs: 450 });
  speak(client, 660);
  const end = await client.next("answer-end", ({ turn }) => turn === 1);
  expect(end.outcome).toBe("interrupted");
  expect(end.text).toBe("The capital");
  const next = await client.next("answer-end", ({ turn }) => turn === 2);
  expect(next).toMatchObject({ outcome: "completed", text: "A banana is yellow." });
  const endIndex = client.received.indexOf(end);
  const late = client.received
    .slice(endIndex)
    .filter((message) => message.type === "frame" && message.turn === 1);
  expect(late).toEqual([]);
});

test("the history keeps what was heard of a stopped answer, by the client's own reports", async () => {
  const client = await RawClient.talk(server.url);
  client.send({ type: "text", text: PHRASES[440] });
  await client.next("frame", ({ timestampMs }) => timestampMs >= HEARD_650_MS);
  client.send({ type: "playback", turn: 1, playedMs: 650 });
  client.send({ type: "interrupt" });
  const { text } = await client.next("answer-end");
  expect(text).toBe("The capital of");
  client.send({ type: "text", text: "go on" });
  await client.next("answer-start", ({ turn }) => turn === 2);
  const messages = models.languageModel.generations.at(-1)?.messages.map(textOf);
  expect(messages?.some((content) => content.includes("The capital of"))).toBe(true);
  expect(messages?.some((content) => content.includes("Paris"))).toBe(false);
});

test("a typed question is answered like a spoken one, and a button stops the answer", async () => {
  const client = await RawClient.talk(server.url);
  client.send({ type: "text", text: "hello\u0000you" });
  await client.next("frame");
  expect(client.all("transcript-end")[0]?.text).toBe("hello you");
  client.send({ type: "interrupt" });
  expect((await client.next("answer-end")).outcome).toBe("interrupted");
});

test("silence and noise that is no speech yield no text and no answer", async () => {
  const client = await RawClient.talk(server.url);
  const noise = Float32Array.from({ length: 32_000 }, (_, index) => 0.01 * Math.sin(index * index));
  client.send(encodeFrame({ kind: "audio-in", turn: 0, timestampMs: 0, payload: floatsToPcm16(noise) }));
  client.send({ type: "ping" });
  await client.next("pong");
  client.send({ type: "text", text: PHRASES[660] });
  await client.next("answer-end");
  expect(client.all("transcript-end").map(({ turn, text }) => [turn, text])).toEqual([[1, PHRASES[660]]]);
});

test.skipIf(!haveOpus)("Opus goes both ways", async () => {
  const format = { format: "opus", sampleRate: 48_000, frameMs: 20 } as const;
  const client = await RawClient.talk(server.url, { ...HELLO, input: format, output: format });
  const encoder = await openOpusEncoder(48_000, 20);
  const question = new Float32Array(48_000 * 2.2);
  question.set(phrase(440, 48_000));
  for (let start = 0; start < question.length; start += 960) {
    const payload = encoder.encode(question.subarray(start, start + 960));
    client.send(encodeFrame({ kind: "audio-in", turn: 0, timestampMs: start / 48, payload }));
  }
  await client.next("answer-end");
  expect((await client.next("transcript-end")).text).toBe(PHRASES[440]);
  const decoder = await openOpusDecoder(48_000);
  const heard = Float32Array.from(client.all("frame").flatMap(({ payload }) => [...decoder.decode(payload)]));
  expect((heard.length * 1000) / 48_000).toBeGreaterThanOrEqual(6 * FAKE_VOICE.wordMs);
  expect(dominantFrequency(heard.subarray(960, 9600), 48_000)).toBeCloseTo(FAKE_VOICE.frequency, -1);
});

test("two conversations know nothing of each other", async () => {
  const [first, second] = [await RawClient.talk(server.url), await RawClient.talk(server.url)];
  first.send({ type: "text", text: PHRASES[440] });
  second.send({ type: "text", text: PHRASES[660] });
  await second.next("frame");
  second.send("this is no JSON");
  second.socket.terminate();
  expect((await first.next("answer-end")).outcome).toBe("completed");
  expect(first.all("error")).toEqual([]);
  expect(first.all("transcript-end").map(({ text }) => text)).toEqual([PHRASES[440]]);
  expect(new Set(models.languageModel.generations.map(({ seat }) => seat)).size).toBe(2);
});

test("a language model that fails in mid-answer costs one turn, not the conversation", async () => {
  models.languageModel.answer = () => new Error("out of order");
  const client = await RawClient.talk(server.url);
  client.send({ type: "text", text: "anything" });
  expect(await client.next("error")).toMatchObject({ fatal: false, turn: 1 });
  const text = "Well I'm sorry, I can't answer right now. Please try again.";
  expect(await client.next("answer-end")).toMatchObject({ outcome: "failed", text });
  models.languageModel.answer = () => "Well again.";
  client.send({ type: "text", text: "better" });
  expect(await client.next("answer-end", ({ turn }) => turn === 2)).toMatchObject({
    outcome: "completed",
    text: "Well again.",
  });
});

test("a clean goodbye gives the conversation's memory back at once", async () => {
  const client = await RawClient.talk(server.url);
  client.socket.close(1000);
  await client.closed();
  await expect.poll(() => models.languageModel.releasedSeats).toHaveLength(3);
});

test("a broken connection can be resumed with its history, and the answer it interrupted is stopped", async () => {
  const client = await RawClient.talk(server.url);
  client.send({ type: "text", text: PHRASES[660] });
  await client.next("frame", ({ timestampMs }) => timestampMs >= HEARD_450_MS);
  client.send({ type: "playback", turn: 1, playedMs: 450 });
  client.send({ type: "ping" });
  await client.next("pong");
  const { session } = await client.next("ready");
  client.socket.terminate();
  const again = await RawClient.talk(server.url, { ...HELLO, resume: session });
  expect(await again.next("ready")).toMatchObject({ session, resumed: true });
  again.send({ type: "text", text: "and then" });
  await again.next("answer-end", ({ turn, outcome }) => turn === 2 && outcome === "completed");
  expect(sessions).toHaveLength(1);
  const messages = models.languageModel.generations.at(-1)?.messages.map(({ content }) => content);
  expect(messages).toEqual([expect.anything(), PHRASES[660], "A banana", "and then"]);
});

test("what is said unasked after a connection was resumed is heard, a timer among it", async () => {
  const client = await RawClient.talk(server.url);
  const { session } = await client.next("ready");
  client.socket.terminate();
  const again = await RawClient.talk(server.url, { ...HELLO, resume: session });
  sessions[0]?.push({ type: "say", text: "Your timer is over." });
  const { turn, text } = await again.next("answer-end");
  expect([turn, text]).toEqual([1, "Your timer is over."]);
  expect(again.all("answer-start")).toMatchObject([{ turn }]);
  expect(again.all("frame").length).toBeGreaterThan(0);
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

test("a connection that takes over an answer gets nothing of it, and its next one from the beginning", async () => {
  const client = await RawClient.talk(server.url);
  client.send({ type: "text", text: PHRASES[440] });
  await client.next("frame", ({ timestampMs }) => timestampMs >= 200);
  const { session } = await client.next("ready");
  const again = await RawClient.talk(server.url, { ...HELLO, resume: session });
  await client.closed();
  again.send({ type: "text", text: PHRASES[660] });
  await again.next("answer-end", ({ turn }) => turn === 2);
  expect(again.received.some((message) => "turn" in message && message.turn === 1)).toBe(false);
  const frames = again.all("frame");
  expect(frames.map(({ timestampMs }) => timestampMs)).toEqual(frames.map((_, index) => index * 20));
});

test("answers that are only read have no sound, and come whole however soon the next question does", async () => {
  const client = await RawClient.talk(server.url, { ...HELLO, settings: { spoken: false } });
  client.send({ type: "text", text: PHRASES[660] });
  const first = await client.next("answer-end");
  expect(first).toMatchObject({ outcome: "completed", text: "A banana is yellow." });
  client.send({ type: "text", text: PHRASES[440] });
  expect(await client.next("answer-end", ({ turn }) => turn === 2)).toMatchObject({ outcome: "completed" });
  expect(client.all("frame")).toEqual([]);
  client.send({ type: "settings", spoken: true });
  client.send({ type: "text", text: PHRASES[440] });
  await client.next("frame", ({ turn }) => turn === 3);
});

test("a typed question has no end of speech", async () => {
  const client = await RawClient.talk(server.url);
  client.send({ type: "text", text: PHRASES[660] });
  await client.next("answer-start");
  expect(client.all("speech-end")).toEqual([]);
});

test("who asks for a conversation that is gone gets a new one", async () => {
  const client = await RawClient.talk(server.url, { ...HELLO, resume: "long-gone" });
  expect(await client.next("ready")).toMatchObject({ resumed: false });
});
