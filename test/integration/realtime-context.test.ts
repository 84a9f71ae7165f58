import { expect, test } from "vitest";

import { textOf } from "../../streaming/index.ts";
import { PHRASES } from "../support/fake-models.ts";
import { RealtimeClient } from "../support/realtime-client.ts";
import { spokenPhrase, startRealtimeServer } from "../support/realtime-server.ts";

/** What a client puts before everything that was said. */
const AT_FIRST = {
  previous_item_id: "root",
  item: { type: "message", role: "user", content: [{ type: "input_text", text: "I am Ada." }] },
};

test("a question that is being answered is asked once, also where what stands before it changes meanwhile", async () => {
  const { server, models } = await startRealtimeServer();
  const client = await RealtimeClient.connect(server.url);
  await client.next("session.created");
  client.say(spokenPhrase(440));
  await client.nth("response.output_audio.delta", 5);
  client.send("conversation.item.create", AT_FIRST);
  await client.next("response.done");
  client.write("Go on.");
  client.send("response.create");
  await client.nth("response.done", 1);
  const messages = models.languageModel.generations.at(-1)?.messages.slice(1);
  expect(messages?.map(textOf)).toEqual([
    `I am Ada. ${PHRASES[440]}`,
    "The capital of France is Paris.",
    "Go on.",
  ]);
});

test("who talks into an answer during which something changed is answered with all that was said, once", async () => {
  const { server, models } = await startRealtimeServer();
  const client = await RealtimeClient.connect(server.url);
  await client.next("session.created");
  client.say(spokenPhrase(440));
  await client.nth("response.output_audio.delta", 30);
  client.send("conversation.item.create", AT_FIRST);
  client.say(spokenPhrase(660));
  await client.nth("response.done", 1);
  const messages = models.languageModel.generations.at(-1)?.messages.slice(1).map(textOf);
  expect(messages?.[0]).toBe(`I am Ada. ${PHRASES[440]}`);
  expect(messages?.at(-1)).toBe(PHRASES[660]);
  expect(messages).toHaveLength(3);
  // It was said into the middle of a sentence, which the next answer would stop in, too.
  expect(models.languageModel.generations.at(-1)?.wholeSentences).toBe(true);
});

/** A client in the middle of whose speech a response is asked for; resolves once that was said to its end. */
async function askedMeanwhile(turnDetection: object, response: object = {}) {
  const { server, models } = await startRealtimeServer();
  const client = await RealtimeClient.connect(server.url);
  const input = { turn_detection: { type: "server_vad", ...turnDetection }, transcription: {} };
  await client.update({ audio: { input } });
  const samples = spokenPhrase(440);
  client.say(samples.subarray(0, 24 * 500));
  await client.next("input_audio_buffer.speech_started");
  client.send("response.create", { response });
  return { client, models, rest: samples.subarray(24 * 500) };
}

test("a response that is asked for while somebody speaks throws away nothing of what they say, and is the answer to it", async () => {
  const { client, models, rest } = await askedMeanwhile({}, { metadata: { of: "the test" } });
  client.send("response.create");
  expect((await client.next("error"))["error"]).toMatchObject({
    code: "conversation_already_has_active_response",
  });
  client.say(rest);
  expect((await client.next("response.done"))["response"]).toMatchObject({
    status: "completed",
    metadata: { of: "the test" },
  });
  expect(client.all("conversation.item.input_audio_transcription.completed")).toMatchObject([
    { transcript: PHRASES[440] },
  ]);
  expect(models.languageModel.generations.at(-1)?.messages.map(textOf).at(-1)).toBe(PHRASES[440]);
  client.write("Go on.");
  client.send("response.create");
  await client.nth("response.done", 1);
  expect(client.all("response.created")).toHaveLength(2);
});

test("a response that is asked for while somebody speaks is given when they have finished, where no answer comes by itself", async () => {
  const { client, models, rest } = await askedMeanwhile({ create_response: false });
  client.say(rest);
  expect((await client.next("response.done"))["response"]).toMatchObject({ status: "completed" });
  expect(models.languageModel.generations.at(-1)?.messages.map(textOf).at(-1)).toBe(PHRASES[440]);
});

test("a response that waits keeps settings of its own, whatever the session is told meanwhile", async () => {
  const { client, models, rest } = await askedMeanwhile(
    { create_response: false },
    { instructions: "Be blunt." },
  );
  await client.update({ instructions: "Rhyme." });
  client.say(rest);
  await client.next("response.done");
  client.write(PHRASES[660]);
  client.send("response.create");
  await client.nth("response.done", 1);
  const told = models.languageModel.generations.map(({ messages }) => textOf(messages[0]!));
  expect(told.slice(-2)).toEqual(["Be blunt.", "Rhyme."]);
});

test("a response that is called off while somebody speaks is over at once, and what they say is answered", async () => {
  const { client, rest } = await askedMeanwhile({});
  client.send("response.cancel");
  expect((await client.next("response.done"))["response"]).toMatchObject({
    status: "cancelled",
    status_details: { reason: "client_cancelled" },
  });
  client.say(rest);
  expect((await client.nth("response.done", 1))["response"]).toMatchObject({ status: "completed" });
  expect(client.all("error")).toEqual([]);
});

test("a response that is asked for while something sounds that is no speech after all is given then", async () => {
  const { server, models } = await startRealtimeServer();
  const client = await RealtimeClient.connect(server.url);
  client.write(PHRASES[660]);
  const noise = spokenPhrase(440).map((_, index) => (index < 24 * 600 ? Math.sin(index) / 2 : 0));
  client.say(noise.subarray(0, 24 * 500));
  await client.next("input_audio_buffer.speech_started");
  client.send("response.create");
  client.say(noise.subarray(24 * 500));
  expect((await client.next("response.done"))["response"]).toMatchObject({ status: "completed" });
  expect(models.languageModel.generations.at(-1)?.messages.map(textOf).at(-1)).toBe(PHRASES[660]);
  const types = client.types;
  expect(types.indexOf("input_audio_buffer.cleared")).toBeLessThan(types.indexOf("response.created"));
  expect(types).toContain("input_audio_buffer.cleared");
});
