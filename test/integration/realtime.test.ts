import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { systemClock } from "../../src/clock.ts";
import type { VoiceServer } from "../../src/server/app.ts";
import { openVoiceSession, textOf } from "../../streaming/index.ts";
import { FakePictureDecoder, FakeSight, FakeTextReader } from "../../models/fakes/index.ts";
import { fakeModels, phrase, PHRASES } from "../support/fake-models.ts";
import { asPcm24, RealtimeClient, type RealtimeEvent } from "../support/realtime-client.ts";
import { startServer } from "../support/voice-server.ts";

/** OpenAI's Realtime interface over the real session with scripted models, through real sockets. */
let server: VoiceServer;
let models: ReturnType<typeof fakeModels>;

beforeEach(async () => {
  models = fakeModels();
  const sight = { decoder: new FakePictureDecoder(), sight: new FakeSight(), reader: new FakeTextReader() };
  server = await startServer((options) => openVoiceSession({ ...models, sight }, options, systemClock));
});
afterEach(async () => {
  await server.close();
});

const MANUAL = { audio: { input: { turn_detection: null, transcription: {} } } };

/** A phrase and the silence after it, at 24 kHz. */
function spoken(frequency: keyof typeof PHRASES = 440, silenceMs = 1600): Float32Array {
  const said = phrase(frequency, 24_000);
  const samples = new Float32Array(said.length + 24 * silenceMs);
  samples.set(said);
  return samples;
}

function response(
  event: RealtimeEvent,
): { status: string; output: { id: string }[] } & Record<string, unknown> {
  return event["response"] as { status: string; output: { id: string }[] };
}

describe("a spoken conversation", () => {
  test("goes through all events of a turn in the order that clients rely on", async () => {
    const client = await RealtimeClient.connect(server.url);
    await client.update({ audio: { input: { transcription: {} } } });
    client.say(spoken());
    const done = await client.next("response.done");
    expect(response(done).status).toBe("completed");
    const interesting = client.types.filter((type) => !type.endsWith(".delta"));
    expect(interesting).toEqual([
      "session.created",
      "conversation.created",
      "session.updated",
      "input_audio_buffer.speech_started",
      "input_audio_buffer.speech_stopped",
      "input_audio_buffer.committed",
      "conversation.item.added",
      "conversation.item.done",
      "conversation.item.input_audio_transcription.completed",
      "response.created",
      "rate_limits.updated",
      "response.output_item.added",
      "conversation.item.added",
      "response.content_part.added",
      "response.output_audio.done",
      "response.output_audio_transcript.done",
      "response.content_part.done",
      "response.output_item.done",
      "conversation.item.done",
      "response.done",
    ]);
    expect(client.all("conversation.item.input_audio_transcription.completed")[0]).toMatchObject({
      transcript: PHRASES[440],
    });
    const words = client.all("response.output_audio_transcript.delta").map(({ delta }) => delta);
    expect(words.join("")).toBe("The capital of France is Paris.");
    const bytes = client
      .all("response.output_audio.delta")
      .map(({ delta }) => Buffer.from(String(delta), "base64"));
    expect(Buffer.concat(bytes).length / 48).toBeGreaterThanOrEqual(1200);
    expect(client.all("error")).toEqual([]);
  });

  test.each(["audio/pcmu", "audio/pcma"])("goes over the telephone as %s", async (type) => {
    const client = await RealtimeClient.connect(server.url);
    const audio = { input: { format: { type } }, output: { format: { type } } };
    expect((await client.update({ audio }))["session"]).toMatchObject({ audio });
    client.write(PHRASES[660]);
    client.send("response.create");
    await client.next("response.done");
    const bytes = client
      .all("response.output_audio.delta")
      .map(({ delta }) => Buffer.from(String(delta), "base64"));
    expect(bytes.every((piece) => piece.length === 160)).toBe(true);
  });

  test("is interrupted by who speaks: the client hears of them first, then that the answer is over", async () => {
    const client = await RealtimeClient.connect(server.url);
    client.write(PHRASES[440]);
    client.send("response.create");
    await client.nth("response.output_audio.delta", 30);
    client.say(spoken(660));
    const done = await client.next("response.done");
    expect(response(done)).toMatchObject({
      status: "cancelled",
      status_details: { type: "cancelled", reason: "turn_detected" },
    });
    const order = client.types;
    expect(order.indexOf("input_audio_buffer.speech_started")).toBeGreaterThan(0);
    expect(order.indexOf("input_audio_buffer.speech_started")).toBeLessThan(
      order.indexOf("response.output_audio.done"),
    );
    const next = await client.nth("response.done", 1);
    expect(response(next)).toMatchObject({ status: "completed" });
  });
});

test("a session that is updated before its answer is heard is answered as it is now", async () => {
  const client = await RealtimeClient.connect(server.url);
  client.say(spoken(440, 160));
  await expect.poll(() => models.languageModel.generations.length).toBe(1);
  await client.update({ instructions: "Answer like a pirate.", output_modalities: ["text"] });
  client.say(new Float32Array(24 * 1600));
  expect(response(await client.next("response.done"))).toMatchObject({ output_modalities: ["text"] });
  expect(client.all("response.output_audio.delta")).toEqual([]);
  const [system] = models.languageModel.generations.at(-1)?.messages ?? [];
  expect(system && textOf(system)).toBe("Answer like a pirate.");
});

describe("turns that the client takes", () => {
  test("become an item when it says so, are not answered unasked, and are answered when asked", async () => {
    const client = await RealtimeClient.connect(server.url);
    await client.update(MANUAL);
    client.say(spoken(440, 200));
    client.send("input_audio_buffer.commit");
    const completed = await client.next("conversation.item.input_audio_transcription.completed");
    expect(completed["transcript"]).toBe(PHRASES[440]);
    expect(client.all("response.created")).toEqual([]);
    expect(models.languageModel.generations).toEqual([]);
    client.send("response.create", { response: { metadata: { of: "the test" } } });
    const done = response(await client.next("response.done"));
    expect(done).toMatchObject({ status: "completed", metadata: { of: "the test" } });
    expect(client.all("response.output_audio_transcript.done")[0]).toMatchObject({
      transcript: "The capital of France is Paris.",
    });
    expect(client.all("input_audio_buffer.speech_started")).toEqual([]);
  });

  test("are waited for by a response that is asked for at once", async () => {
    const client = await RealtimeClient.connect(server.url);
    await client.update(MANUAL);
    client.send("input_audio_buffer.append", { audio: asPcm24(spoken(660, 100)) });
    client.send("input_audio_buffer.commit");
    client.send("response.create");
    expect(response(await client.next("response.done")).status).toBe("completed");
    expect(client.all("response.output_audio_transcript.done")[0]).toMatchObject({
      transcript: "A banana is yellow.",
    });
  });

  test("are kept where a response is asked for before they are handed over", async () => {
    const client = await RealtimeClient.connect(server.url);
    await client.update(MANUAL);
    client.say(spoken(440, 200));
    client.send("response.create");
    await client.next("response.done");
    expect(models.languageModel.generations.at(-1)?.messages.map(textOf)).not.toContain(PHRASES[440]);
    client.send("input_audio_buffer.commit");
    const completed = await client.next("conversation.item.input_audio_transcription.completed");
    expect(completed["transcript"]).toBe(PHRASES[440]);
  });

  test("with nothing in them are refused, and what was thrown away is not part of the next one", async () => {
    const client = await RealtimeClient.connect(server.url);
    await client.update(MANUAL);
    client.send("input_audio_buffer.commit", { event_id: "mine" });
    expect((await client.next("error"))["error"]).toMatchObject({
      type: "invalid_request_error",
      code: "input_audio_buffer_commit_empty",
      event_id: "mine",
    });
    client.say(spoken(440, 200));
    client.send("input_audio_buffer.clear");
    await client.next("input_audio_buffer.cleared");
    client.say(spoken(660, 200));
    client.send("input_audio_buffer.commit");
    const completed = await client.next("conversation.item.input_audio_transcription.completed");
    expect(completed["transcript"]).toBe(PHRASES[660]);
  });

  test("are heard but not answered by themselves where create_response is off", async () => {
    const client = await RealtimeClient.connect(server.url);
    const turn_detection = { type: "server_vad", create_response: false };
    await client.update({ audio: { input: { turn_detection, transcription: {} } } });
    client.say(spoken());
    await client.next("conversation.item.input_audio_transcription.completed");
    client.send("response.create");
    await client.next("response.done");
    expect(client.all("response.done")).toHaveLength(1);
    expect(models.languageModel.generations.at(-1)?.messages.map(textOf).at(-1)).toBe(PHRASES[440]);
  });
});

describe("a written conversation", () => {
  test("has text and no sound where text is asked for", async () => {
    const client = await RealtimeClient.connect(server.url);
    await client.update({ output_modalities: ["text"] });
    client.write(PHRASES[660]);
    client.send("response.create");
    const done = response(await client.next("response.done"));
    expect(done).toMatchObject({
      status: "completed",
      output_modalities: ["text"],
      output: [{ role: "assistant", content: [{ type: "output_text", text: "A banana is yellow." }] }],
    });
    expect(
      client
        .all("response.output_text.delta")
        .map(({ delta }) => delta)
        .join(""),
    ).toBe("A banana is yellow.");
    expect(client.all("response.output_audio.delta")).toEqual([]);
    expect(models.synthesizer.requests).toEqual([]);
  });

  test("knows instructions, system messages and what stands before, and forgets what is deleted", async () => {
    const client = await RealtimeClient.connect(server.url);
    await client.update({ instructions: "Rhyme.", output_modalities: ["text"] });
    const text = (role: string, words: string, id: string): void => {
      const type = role === "assistant" ? "output_text" : "input_text";
      client.send("conversation.item.create", {
        item: { id, type: "message", role, content: [{ type, text: words }] },
      });
    };
    text("system", "It is night.", "s1");
    text("user", "One.", "u1");
    text("assistant", "Sun.", "a1");
    text("user", "Two.", "u2");
    client.send("conversation.item.delete", { item_id: "a1" });
    client.send("conversation.item.create", {
      previous_item_id: "root",
      item: { type: "message", role: "user", content: [{ type: "input_text", text: "Zero." }] },
    });
    client.send("response.create", { response: { instructions: "Be blunt." } });
    await client.next("response.done");
    const messages = models.languageModel.generations.at(-1)?.messages.map(textOf);
    expect(messages).toEqual(["Be blunt.\n\nIt is night.", "Zero. One. Two."]);
    client.send("conversation.item.retrieve", { item_id: "u2" });
    expect((await client.next("conversation.item.retrieved"))["item"]).toMatchObject({
      role: "user",
      content: [{ type: "input_text", text: "Two." }],
    });
    client.send("conversation.item.retrieve", { item_id: "a1" });
    expect((await client.next("error"))["error"]).toMatchObject({ code: "item_not_found", param: "item_id" });
  });

  test("shows a picture to the question after it", async () => {
    const client = await RealtimeClient.connect(server.url);
    await client.update({ output_modalities: ["text"] });
    const image_url = `data:image/png;base64,${Buffer.from([77]).toString("base64")}`;
    const content = [
      { type: "input_image", image_url },
      { type: "input_text", text: "What do you see?" },
    ];
    client.send("conversation.item.create", { item: { type: "message", role: "user", content } });
    client.send("response.create");
    await client.next("response.done");
    const last = models.languageModel.generations.at(-1)?.messages.at(-1)?.content;
    expect(last).toMatchObject([{ type: "frame", jpeg: Buffer.from([77]) }, { text: "What do you see?" }]);
    client.send("conversation.item.create", {
      item: {
        type: "message",
        role: "user",
        content: [{ type: "input_image", image_url: "https://x/y.png" }],
      },
    });
    expect((await client.next("error"))["error"]).toMatchObject({ param: "item.content[0].image_url" });
  });
});
