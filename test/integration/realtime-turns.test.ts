import OpenAI from "openai";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import { expect, onTestFinished, test } from "vitest";

import { phrase, PHRASES } from "../support/fake-models.ts";
import { asPcm24, RealtimeClient, type RealtimeEvent } from "../support/realtime-client.ts";
import { spokenPhrase, startRealtimeServer } from "../support/realtime-server.ts";
import { tlsProxy } from "../support/tls-proxy.ts";

/** How turns are detected is the client's to say: what it says is kept, not only told again. */

const PHRASE_MS = 600;

async function connected(turn_detection: object) {
  const { server } = await startRealtimeServer();
  const client = await RealtimeClient.connect(server.url);
  const updated = await client.update({ audio: { input: { turn_detection, transcription: {} } } });
  return { client, updated };
}

/** How long the user was silent when their turn was over, at least: what is made of it may take longer. */
async function silenceMs(client: RealtimeClient): Promise<number> {
  const said = phrase(440, 24_000, PHRASE_MS);
  const samples = new Float32Array(said.length + 24 * 5000);
  samples.set(said);
  client.say(samples);
  const { audio_end_ms } = await client.next("input_audio_buffer.speech_stopped");
  const { audio_start_ms } = await client.next("input_audio_buffer.speech_started");
  return Number(audio_end_ms) - Number(audio_start_ms) - PHRASE_MS;
}

test("a turn ends after as much silence as server_vad is told to wait for", async () => {
  const { client, updated } = await connected({ type: "server_vad", silence_duration_ms: 2500 });
  expect(updated["session"]).toMatchObject({
    audio: { input: { turn_detection: { silence_duration_ms: 2500, create_response: true } } },
  });
  expect(await silenceMs(client)).toBeGreaterThanOrEqual(2400);
});

test("semantic_vad waits longer for a user whom it is told not to be eager with", async () => {
  const { client } = await connected({ type: "semantic_vad", eagerness: "low" });
  expect(await silenceMs(client)).toBeGreaterThanOrEqual(500);
});

test("speech begins for a client before it was heard, by the padding that it asks for", async () => {
  const startMs = async (prefix_padding_ms: number): Promise<number> => {
    const { client } = await connected({ type: "server_vad", prefix_padding_ms });
    client.say(new Float32Array(24 * 2000));
    client.say(spokenPhrase());
    const { audio_start_ms } = await client.next("input_audio_buffer.speech_started");
    await client.next("input_audio_buffer.speech_stopped");
    return Number(audio_start_ms);
  };
  const unpaddedMs = await startMs(0);
  expect(unpaddedMs - (await startMs(300))).toBe(300);
  expect(unpaddedMs - (await startMs(1500))).toBe(1500);
});

test("with neither, words said into a response are kept, and no one answers them unasked", async () => {
  const { client } = await connected({
    type: "server_vad",
    create_response: false,
    interrupt_response: false,
  });
  client.write(PHRASES[440]);
  client.send("response.create");
  await client.nth("response.output_audio.delta", 20);
  client.say(spokenPhrase(660));
  await client.next("conversation.item.input_audio_transcription.completed");
  expect(response(await client.next("response.done"))).toMatchObject({ status: "completed" });
  client.send("response.create");
  const { transcript } = await client.nth("response.output_audio_transcript.done", 1);
  expect(transcript).toBe("A banana is yellow.");
  expect(client.all("response.created")).toHaveLength(2);
  expect(client.all("error")).toEqual([]);
});

test("where the client takes the turns, what it commits ends no response, and is in the next one", async () => {
  const { server, models } = await startRealtimeServer();
  const client = await RealtimeClient.connect(server.url);
  await client.update({ audio: { input: { turn_detection: null, transcription: {} } } });
  client.write(PHRASES[440]);
  client.send("response.create");
  await client.nth("response.output_audio.delta", 20);
  client.say(spokenPhrase(660, 200));
  client.send("input_audio_buffer.commit");
  await client.next("conversation.item.input_audio_transcription.completed");
  expect(response(await client.next("response.done"))).toMatchObject({ status: "completed" });
  client.send("response.create");
  const { transcript } = await client.nth("response.output_audio_transcript.done", 1);
  expect(transcript).toBe("A banana is yellow.");
  const { messages = [] } = models.languageModel.generations.at(-1) ?? {};
  expect(messages.slice(1).map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
});

test("OpenAI's client is not interrupted where it says so, and what was said is answered after", async ({
  skip,
}) => {
  const { server, models } = await startRealtimeServer();
  const proxy = await tlsProxy(server.url);
  if (proxy === undefined) return skip("openssl is missing");
  const openai = new OpenAI({ apiKey: "none", baseURL: `https://127.0.0.1:${proxy.port}/v1` });
  const client = new OpenAIRealtimeWS({ model: "antiphon", options: { ca: proxy.ca } }, openai);
  onTestFinished(() => {
    client.close();
  });
  const types: string[] = [];
  const told: unknown[] = [];
  let pieces = 0;
  client.on("error", (error) => told.push(error));
  client.on("event", ({ type }) => types.push(type));
  client.on("response.output_audio.delta", () => (pieces += 1));
  client.on("response.output_audio_transcript.done", ({ transcript }) => told.push(transcript));
  client.on("response.done", ({ response: { status } }) => told.push(status));
  await new Promise((resolve) => {
    client.on("session.created", resolve);
  });
  const turn_detection = { type: "semantic_vad", interrupt_response: false } as const;
  client.send({
    type: "session.update",
    session: { type: "realtime", audio: { input: { turn_detection } } },
  });
  const content = [{ type: "input_text", text: PHRASES[440] } as const];
  client.send({ type: "conversation.item.create", item: { type: "message", role: "user", content } });
  client.send({ type: "response.create" });
  await expect.poll(() => pieces).toBeGreaterThan(20);
  client.send({ type: "input_audio_buffer.append", audio: asPcm24(spokenPhrase(660)) });
  await expect
    .poll(() => told)
    .toEqual(["The capital of France is Paris.", "completed", "A banana is yellow.", "completed"]);
  const at = (type: string): number => types.indexOf(type);
  // They are told of while the answer goes on, and their words are an item before the next one is begun.
  expect(at("input_audio_buffer.speech_started")).toBeLessThan(at("response.done"));
  expect(at("input_audio_buffer.committed")).toBeLessThan(types.lastIndexOf("response.created"));
  const { messages = [] } = models.languageModel.generations.at(-1) ?? {};
  expect(messages.slice(1).map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
});

// A client that waits for the words of what it committed would never be heard again.
test.each([
  ["has failed from the beginning", 0, ""],
  ["fails in the middle of the words", 10, PHRASES[440]],
])(
  "a commit is answered, and what comes after it, where the detector of speech %s",
  async (_, scorable, transcript) => {
    const { server, models } = await startRealtimeServer();
    const stream = models.detector.openStream();
    let scored = 0;
    models.detector.openStream = () => ({
      ...stream,
      score: async (window, options) => {
        scored += 1;
        if (scored > scorable) throw new Error("the detector is gone");
        return await stream.score(window, options);
      },
    });
    const client = await RealtimeClient.connect(server.url);
    await client.update({ audio: { input: { turn_detection: null, transcription: {} } } });
    client.say(spokenPhrase(440, 200));
    client.send("input_audio_buffer.commit");
    client.say(spokenPhrase(660, 200));
    client.write(PHRASES[660]);
    client.send("response.create");
    expect(await client.next("conversation.item.input_audio_transcription.completed")).toMatchObject({
      transcript,
    });
    expect(response(await client.next("response.done"))).toMatchObject({ status: "completed" });
    expect(client.all("error")).toHaveLength(1);
  },
);

test("speech is placed in the sound that the client sent, whatever silence was put in between", async () => {
  const { server } = await startRealtimeServer();
  const client = await RealtimeClient.connect(server.url);
  await client.update({ audio: { input: { turn_detection: null, transcription: {} } } });
  const commits = 10;
  for (let commit = 0; commit < commits; commit++) {
    client.say(new Float32Array(24 * 200));
    client.send("input_audio_buffer.commit");
  }
  await client.nth("conversation.item.input_audio_transcription.completed", commits - 1);
  await client.update({ audio: { input: { turn_detection: { type: "server_vad", prefix_padding_ms: 0 } } } });
  client.say(spokenPhrase());
  const { audio_start_ms } = await client.next("input_audio_buffer.speech_started");
  expect(Math.abs(Number(audio_start_ms) - commits * 200)).toBeLessThan(64);
});

function response(event: RealtimeEvent): object {
  return event["response"] as object;
}
