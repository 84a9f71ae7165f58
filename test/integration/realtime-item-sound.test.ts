import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { floatsToG711 } from "../../audio/index.ts";
import type { VoiceServer } from "../../src/server/app.ts";
import { textOf } from "../../streaming/index.ts";
import type { fakeModels } from "../support/fake-models.ts";
import { phrase, PHRASES } from "../support/fake-models.ts";
import { startOpenAiServer } from "../support/openai-http-server.ts";
import { asPcm24, RealtimeClient } from "../support/realtime-client.ts";

let server: VoiceServer;
let models: ReturnType<typeof fakeModels>;

beforeEach(async () => {
  ({ server, models } = await startOpenAiServer());
});
afterEach(async () => {
  await server.close();
});

const AUDIO = asPcm24(phrase(440, 24_000));
const recording = (audio: unknown, text = "Please tell me.") => ({
  id: "recorded",
  type: "message",
  role: "user",
  content: [
    { type: "input_text", text },
    { type: "input_audio", audio },
  ],
});

const isRecorded = (item: unknown): boolean => (item as { readonly id: string }).id === "recorded";

describe("a recording inside of an item", () => {
  test("is recognised, told of, and answered by its words", async () => {
    const client = await RealtimeClient.connect(server.url);
    await client.update({ output_modalities: ["text"], audio: { input: { transcription: {} } } });
    client.send("conversation.item.create", { item: recording(AUDIO) });
    client.send("response.create");
    await client.next("response.done");
    expect(client.types.slice(3, 8)).toEqual([
      "conversation.item.added",
      "conversation.item.done",
      "conversation.item.input_audio_transcription.completed",
      "response.created",
      "rate_limits.updated",
    ]);
    expect((await client.next("conversation.item.added"))["item"]).toMatchObject({
      content: [{ type: "input_text" }, { type: "input_audio", transcript: PHRASES[440] }],
    });
    expect(client.all("conversation.item.input_audio_transcription.completed")).toMatchObject([
      { item_id: "recorded", content_index: 1, transcript: PHRASES[440], usage: { type: "tokens" } },
    ]);
    const messages = models.languageModel.generations.at(-1)?.messages.slice(1);
    expect(messages?.map(textOf)).toEqual([`Please tell me. ${PHRASES[440]}`]);
    expect(client.all("error")).toEqual([]);
  });

  test("is in the format of the session's sound, and its words are no event where nobody asked for them", async () => {
    const client = await RealtimeClient.connect(server.url);
    await client.update({ audio: { input: { format: { type: "audio/pcma" } } } });
    const audio = Buffer.from(floatsToG711(phrase(660, 8000), "a-law")).toString("base64");
    client.send("conversation.item.create", { item: recording(audio) });
    client.send("conversation.item.retrieve", { item_id: "recorded" });
    expect((await client.next("conversation.item.retrieved"))["item"]).toMatchObject({
      content: [{}, { type: "input_audio", transcript: PHRASES[660] }],
    });
    expect(client.all("conversation.item.input_audio_transcription.completed")).toEqual([]);
  });

  test("that is none, or far too long, is refused by name, and the session goes on", async () => {
    const client = await RealtimeClient.connect(server.url);
    await client.next("session.created");
    client.send("conversation.item.create", { item: recording("no base64!") });
    expect((await client.nth("error", 0))["error"]).toMatchObject({
      code: "invalid_value",
      param: "item.content[1].audio",
    });
    const long = asPcm24(new Float32Array(24_000 * 31));
    client.send("conversation.item.create", { item: recording(long) });
    expect((await client.nth("error", 1))["error"]).toMatchObject({
      code: "invalid_value",
      param: "item.content[1].audio",
    });
    client.send("conversation.item.create", { item: recording(undefined) });
    expect((await client.nth("error", 2))["error"]).toMatchObject({ param: "item.content[1]" });
    client.send("conversation.item.create", { item: recording(AUDIO) });
    await client.next("conversation.item.done");
  });

  test("keeps nobody from silence: a response is cancelled while it is recognised", async () => {
    const going: (() => void)[] = [];
    const recognize = models.recognizer.recognize.bind(models.recognizer);
    models.recognizer.recognize = async (request, options) => {
      await new Promise<void>((resolve) => going.push(resolve));
      return await recognize(request, options);
    };
    const client = await RealtimeClient.connect(server.url);
    client.write(PHRASES[660]);
    client.send("response.create");
    await client.next("response.output_audio.delta");
    client.send("conversation.item.create", { item: recording(AUDIO) });
    client.send("response.cancel");
    expect((await client.next("response.done"))["response"]).toMatchObject({ status: "cancelled" });
    expect(client.all("conversation.item.done").filter(({ item }) => isRecorded(item))).toEqual([]);
    await expect.poll(() => going.length).toBe(1);
    going[0]?.();
    await client.next("conversation.item.done", ({ item }) => isRecorded(item));
    expect(client.all("error")).toEqual([]);
  });

  test("is recognised for nobody once its client has left", async () => {
    let isAborted = false;
    models.recognizer.recognize = async (_request, { signal }) =>
      await new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          isAborted = true;
          reject(signal.reason as Error);
        });
        client.socket.terminate();
      });
    const client = await RealtimeClient.connect(server.url);
    client.send("conversation.item.create", { item: recording(AUDIO) });
    await expect.poll(() => isAborted).toBe(true);
  });
});

test("each response is followed by the limits that are in force: none", async () => {
  const client = await RealtimeClient.connect(server.url);
  client.write(PHRASES[660]);
  client.send("response.create");
  expect(await client.next("rate_limits.updated")).toMatchObject({ rate_limits: [] });
});
