import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { PHRASES } from "../support/fake-models.ts";
import { asPcm24, RealtimeClient } from "../support/realtime-client.ts";
import { spokenPhrase, startRealtimeServer } from "../support/realtime-server.ts";

describe("an answer that is cut", () => {
  /** Asks for an answer and waits until it is over. */
  async function answered(
    text: string,
  ): Promise<{ client: RealtimeClient; itemId: string; soundMs: number }> {
    const { server } = await startRealtimeServer();
    const client = await RealtimeClient.connect(server.url);
    client.write(text);
    client.send("response.create");
    const added = await client.next("response.output_item.added");
    await client.next("response.done");
    const { id } = added["item"] as { id: string };
    return { client, itemId: id, soundMs: client.all("response.output_audio.delta").length * 20 };
  }

  async function cut(client: RealtimeClient, itemId: string, atMs: number): Promise<unknown> {
    const truncated = client.all("conversation.item.truncated").length;
    client.send("conversation.item.truncate", { item_id: itemId, content_index: 0, audio_end_ms: atMs });
    await client.nth("conversation.item.truncated", truncated);
    const retrieved = client.all("conversation.item.retrieved").length;
    client.send("conversation.item.retrieve", { item_id: itemId });
    const { item } = (await client.nth("conversation.item.retrieved", retrieved)) as unknown as {
      item: { content: { transcript: string }[] };
    };
    return item.content[0]?.transcript;
  }

  test("keeps the words that were heard: all at its full length, none before the first", async () => {
    const { client, itemId, soundMs } = await answered(PHRASES[440]);
    expect(await cut(client, itemId, soundMs)).toBe("The capital of France is Paris.");
    expect(await cut(client, itemId, soundMs + 85)).toBe("The capital of France is Paris.");
    expect(await cut(client, itemId, 650)).toBe("The capital of");
    expect(await cut(client, itemId, 0)).toBe("");
    client.send("conversation.item.truncate", {
      item_id: itemId,
      content_index: 0,
      audio_end_ms: soundMs + 5000,
    });
    expect((await client.next("error"))["error"]).toMatchObject({ param: "audio_end_ms" });
  });

  test("by its number of tokens is told as incomplete, one that came to its end as completed", async () => {
    const { server, models } = await startRealtimeServer();
    const { languageModel } = models;
    const generate = languageModel.generate.bind(languageModel);
    languageModel.generate = async function* (request, options) {
      for await (const event of generate(request, options)) {
        const isCut = event.type === "generation-end" && request.maxTokens === 3;
        yield isCut ? { ...event, reason: "length" } : event;
      }
    };
    const client = await RealtimeClient.connect(server.url);
    await client.update({ output_modalities: ["text"] });
    client.write(PHRASES[440]);
    client.send("response.create", { response: { max_output_tokens: 3 } });
    expect((await client.next("response.done"))["response"]).toMatchObject({
      status: "incomplete",
      status_details: { type: "incomplete", reason: "max_output_tokens" },
      output: [{ status: "incomplete" }],
    });
    client.send("response.create");
    expect((await client.nth("response.done", 1))["response"]).toMatchObject({ status: "completed" });
  });

  test("while it is given ends, and the language model remembers what was heard by the client's account", async () => {
    const { server, models } = await startRealtimeServer();
    const client = await RealtimeClient.connect(server.url);
    client.write(PHRASES[440]);
    client.send("response.create");
    const { item_id } = await client.nth("response.output_audio.delta", 50);
    client.send("response.cancel");
    client.send("conversation.item.truncate", { item_id, content_index: 0, audio_end_ms: 450 });
    await client.next("response.done");
    expect(client.all("response.output_audio_transcript.done")[0]).toMatchObject({
      transcript: "The capital",
    });
    client.write("Go on.");
    client.send("response.create");
    await client.nth("response.done", 1);
    const messages = models.languageModel.generations.at(-1)?.messages.slice(1);
    expect(messages?.map(({ content }) => content)).toEqual([PHRASES[440], "The capital", "Go on."]);
    expect(client.all("error")).toEqual([]);
  });
});

describe("the beta interface", () => {
  test("is spoken with who asks for it, in its own names", async () => {
    const { server } = await startRealtimeServer();
    const client = await RealtimeClient.connect(server.url, { headers: { "OpenAI-Beta": "realtime=v1" } });
    const session = { modalities: ["text", "audio"], input_audio_transcription: {}, voice: "alloy" };
    client.send("session.update", { session });
    expect((await client.next("session.updated"))["session"]).toMatchObject({
      voice: "alloy",
      modalities: ["text", "audio"],
    });
    client.say(spokenPhrase(440));
    await client.next("response.done");
    const types = new Set(client.types);
    for (const type of [
      "conversation.item.created",
      "response.audio.delta",
      "response.audio_transcript.done",
    ])
      expect(types).toContain(type);
    expect([...types].filter((type) => /output_audio|item\.(?:added|done)$/u.test(type))).toEqual([
      "response.output_item.added",
      "response.output_item.done",
    ]);
  });
});

describe("whoever", () => {
  test("has no key is told so and shown out; a key may come as browsers send it", async () => {
    const { server } = await startRealtimeServer({ apiKeys: ["sesame"] });
    const stranger = await RealtimeClient.connect(server.url);
    expect(await stranger.closed()).toBe(1008);
    expect(stranger.received[0]).toMatchObject({ type: "error", error: { code: "invalid_api_key" } });
    const protocols = ["realtime", "openai-insecure-api-key.sesame"];
    const client = await RealtimeClient.connect(server.url, { protocols });
    expect(client.socket.protocol).toBe("realtime");
    await client.next("session.created");
  });

  test("sends anything at all gets errors, and everybody else goes on talking", async () => {
    const { server } = await startRealtimeServer();
    const other = await RealtimeClient.connect(server.url);
    const client = await RealtimeClient.connect(server.url);
    await client.next("session.created");
    const types = fc.constantFrom(
      "session.update",
      "input_audio_buffer.append",
      "input_audio_buffer.commit",
      "input_audio_buffer.clear",
      "conversation.item.create",
      "conversation.item.truncate",
      "conversation.item.delete",
      "response.create",
      "response.cancel",
      "nonsense",
    );
    const fields = fc.object({
      key: fc.constantFrom("audio", "item", "item_id", "session", "response", "type", "audio_end_ms"),
    });
    const messages = fc.sample(fc.tuple(types, fields), 300);
    for (const [type, rest] of messages) client.send(type, { ...rest, type });
    client.socket.send(Buffer.from([0, 1, 2, 255]));
    client.socket.send("{");
    client.send("conversation.item.retrieve", { item_id: "the last one" });
    await client.next("error", ({ error }) => JSON.stringify(error).includes("the last one"));
    expect(client.closeCode).toBeUndefined();
    client.socket.terminate();
    other.write(PHRASES[660]);
    other.send("response.create");
    await other.next("response.done");
    expect(other.all("error")).toEqual([]);
  });

  test("leaves in mid-sentence costs nobody anything, and what was still on its way is dropped", async () => {
    const { server, models } = await startRealtimeServer();
    const client = await RealtimeClient.connect(server.url);
    await client.update({ audio: { input: { turn_detection: null } } });
    client.send("input_audio_buffer.append", { audio: asPcm24(spokenPhrase(440)) });
    client.send("input_audio_buffer.commit");
    client.send("response.create");
    client.send("session.update", {
      session: { type: "realtime", audio: { input: { format: { type: "audio/pcmu" } } } },
    });
    client.socket.terminate();
    await expect.poll(() => models.languageModel.releasedSeats.length).toBeGreaterThan(0);
    const next = await RealtimeClient.connect(server.url);
    await next.next("session.created");
  });

  test("sends sound faster than anybody could speak for long is told to slow down", async () => {
    const { server } = await startRealtimeServer();
    const client = await RealtimeClient.connect(server.url);
    const minute = asPcm24(new Float32Array(24_000 * 60));
    for (let index = 0; index < 4; index++) client.send("input_audio_buffer.append", { audio: minute });
    expect((await client.next("error"))["error"]).toMatchObject({
      type: "rate_limit_error",
      code: "rate_exceeded",
    });
  });

  test("asks for the same large settings many times at once gets them all: what is asked for in one breath is not held in memory", async () => {
    const { server } = await startRealtimeServer();
    const client = await RealtimeClient.connect(server.url);
    const parameters = { description: "x".repeat(240_000) };
    await client.update({ tools: [{ type: "function", name: "f", parameters }] });
    for (let index = 0; index < 60; index++) client.send("session.update", { session: { type: "realtime" } });
    await client.nth("session.updated", 60);
    expect(client.closeCode).toBeUndefined();
  });

  test("speaks while the recognizer fails is told which item has no words", async () => {
    const { server, models } = await startRealtimeServer();
    const client = await RealtimeClient.connect(server.url);
    await client.update({ audio: { input: { turn_detection: null, transcription: {} } } });
    models.recognizer.recognize = () => Promise.reject(new Error("out of order"));
    client.say(spokenPhrase(440, 200));
    client.send("input_audio_buffer.commit");
    const { item_id } = await client.next("input_audio_buffer.committed");
    const failed = await client.next("conversation.item.input_audio_transcription.failed");
    expect(failed).toMatchObject({ item_id, content_index: 0, error: { type: "server_error" } });
    client.send("response.create");
    await client.next("response.done");
    expect(client.all("conversation.item.input_audio_transcription.completed")).toEqual([]);
  });
});
