import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { VoiceServer } from "../../src/server/app.ts";
import { AntiphonError, type ChatMessage, textOf } from "../../streaming/index.ts";
import { phrase, PHRASES } from "../support/fake-models.ts";
import { startOpenAiServer } from "../support/openai-http-server.ts";
import { asPcm24, ASIDE, RealtimeClient, responseOf } from "../support/realtime-client.ts";

let server: VoiceServer;
let models: Awaited<ReturnType<typeof startOpenAiServer>>["models"];

beforeEach(async () => {
  ({ server, models } = await startOpenAiServer());
});
afterEach(async () => {
  await server.close();
});

describe("a response outside of the conversation", () => {
  const saying = (text: string) => ({
    type: "message",
    role: "user",
    content: [{ type: "input_text", text }],
  });

  test("is about what it is given, and neither an item nor a memory of the conversation", async () => {
    const client = await RealtimeClient.connect(server.url);
    client.write("My name is Ada.");
    const input = [saying(PHRASES[660])];
    const metadata = { topic: "fruit" };
    client.send("response.create", { response: { ...ASIDE, input, metadata, instructions: "Be odd." } });
    const done = responseOf(await client.next("response.done"));
    expect(done).toMatchObject({ status: "completed", conversation_id: null, metadata });
    expect(done.output).toMatchObject([{ content: [{ type: "output_text", text: "A banana is yellow." }] }]);
    expect(models.languageModel.generations.at(-1)?.messages).toEqual([
      { role: "system", content: "Be odd." },
      { role: "user", content: PHRASES[660] },
    ]);
    expect(client.all("response.output_text.delta").length).toBeGreaterThan(0);
    expect(client.all("conversation.item.added")).toHaveLength(1);
    client.send("response.create", { response: { output_modalities: ["text"] } });
    await client.nth("response.done", 1);
    const told = models.languageModel.generations.at(-1)?.messages.map(textOf);
    expect(told?.slice(1)).toEqual(["My name is Ada."]);
    expect(told?.[0]).not.toBe("Be odd.");
  });

  test("is about the conversation where it is given nothing, or items of it by name", async () => {
    const client = await RealtimeClient.connect(server.url);
    client.write("My name is Ada.");
    client.write(PHRASES[660]);
    client.send("response.create", { response: ASIDE });
    await client.next("response.done");
    expect(models.languageModel.generations.at(-1)?.messages.map(textOf).join(" ")).toContain("Ada");
    const [, second] = client.all("conversation.item.added").map(({ item }) => item as { id: string });
    const input = [{ type: "item_reference", id: second?.id }];
    client.send("response.create", { response: { ...ASIDE, input } });
    await client.nth("response.done", 1);
    expect(models.languageModel.generations.at(-1)?.messages.map(textOf).slice(1)).toEqual([PHRASES[660]]);
  });

  test("goes on beside an answer that is heard, and is cancelled by its own name", async () => {
    const client = await RealtimeClient.connect(server.url);
    client.write(PHRASES[440]);
    client.send("response.create");
    await client.next("response.output_audio.delta");
    client.send("response.create", { response: { ...ASIDE, input: [saying(PHRASES[660])] } });
    const done = responseOf(await client.next("response.done"));
    expect(done).toMatchObject({ status: "completed", conversation_id: null });
    expect(responseOf(await client.nth("response.done", 1))).toMatchObject({ status: "completed" });
    models.languageModel.answer = () => "Word after word. ".repeat(100_000);
    client.send("response.create", { response: ASIDE });
    const { id } = responseOf(await client.nth("response.created", 2)) as unknown as { id: string };
    client.send("response.cancel", { response_id: id });
    expect(responseOf(await client.nth("response.done", 2))).toMatchObject({ id, status: "cancelled" });
  });

  test("knows the question that is being answered meanwhile", async () => {
    const client = await RealtimeClient.connect(server.url);
    models.languageModel.answer = () => "Word after word. ".repeat(1000);
    client.say(phrase(440, 24_000));
    client.say(new Float32Array(24 * 1600));
    await client.next("response.output_audio.delta");
    client.send("response.create", { response: { ...ASIDE, instructions: "Name the topic." } });
    await client.nth("response.created", 1);
    const isAside = ({ messages }: { messages: readonly ChatMessage[] }): boolean =>
      messages[0]?.content === "Name the topic.";
    await expect
      .poll(() => models.languageModel.generations.find(isAside)?.messages)
      .toEqual([
        { role: "system", content: "Name the topic." },
        { role: "user", content: PHRASES[440] },
      ]);
  });

  test("waits for the words of what was handed over just before", async () => {
    const client = await RealtimeClient.connect(server.url);
    await client.update({ audio: { input: { turn_detection: null } } });
    client.say(phrase(660, 24_000));
    client.send("input_audio_buffer.commit");
    client.send("response.create", { response: ASIDE });
    const done = responseOf(await client.next("response.done"));
    expect(done.output).toMatchObject([{ content: [{ text: "A banana is yellow." }] }]);
  });

  test("is about all that it is given, each for itself, but for results of no call", async () => {
    const client = await RealtimeClient.connect(server.url);
    const long = "word ".repeat(600).trim();
    const result = (call_id: string) => ({ type: "function_call_output", call_id, output: "x".repeat(5000) });
    const call = { type: "function_call", call_id: "known", name: "weather", arguments: "{}" };
    const input = [saying(long), saying("And now?"), result("unknown"), call, result("known")];
    client.send("response.create", { response: { ...ASIDE, input, instructions: "Sum up." } });
    await client.next("response.done");
    expect(models.languageModel.generations.at(-1)?.messages).toEqual([
      { role: "system", content: "Sum up." },
      { role: "user", content: long },
      { role: "user", content: "And now?" },
      { role: "assistant", content: "", toolCalls: [{ id: "known", name: "weather", arguments: "{}" }] },
      { role: "tool", content: `${"x".repeat(4000)}…`, toolCallId: "known" },
    ]);
  });

  test("waits where two are being written for whomever, and comes when one of them is over", async () => {
    const [busy, other] = [
      await RealtimeClient.connect(server.url),
      await RealtimeClient.connect(server.url),
    ];
    models.languageModel.answer = (question) =>
      question === "Go on." ? "Word after word. ".repeat(100_000) : "Done.";
    for (const index of [0, 1]) {
      busy.send("response.create", { response: { ...ASIDE, input: [saying("Go on.")] } });
      await busy.nth("response.created", index);
    }
    await expect.poll(() => models.languageModel.generations.length).toBe(2);
    other.send("response.create", { response: { ...ASIDE, input: [saying("Be quick.")] } });
    await other.next("response.created");
    // Whatever needs no place is begun by the time that this is answered.
    await other.update({});
    expect(models.languageModel.generations).toHaveLength(2);
    const { id } = responseOf(await busy.next("response.created")) as unknown as { id: string };
    busy.send("response.cancel", { response_id: id });
    expect(responseOf(await other.next("response.done")).output).toMatchObject([
      { content: [{ text: "Done." }] },
    ]);
    expect(models.languageModel.releasedSeats).toContain(id);
    busy.socket.close();
  });

  test("is told whole as it is told in pieces, and without calls of what was not offered", async () => {
    const client = await RealtimeClient.connect(server.url);
    const calls = [{ name: "weather", arguments: "{}" }];
    models.languageModel.answer = () => ({ text: " Let me see. ", calls });
    client.send("response.create", { response: { ...ASIDE, input: [saying("Hi.")] } });
    const { output } = responseOf(await client.next("response.done"));
    const text = client.all("response.output_text.delta").map(({ delta }) => delta as string);
    expect(text.join("")).toBe(" Let me see. ");
    expect(client.all("response.output_text.done")).toMatchObject([{ text: " Let me see. " }]);
    expect(output).toMatchObject([{ type: "message" }]);
    const tools = [{ type: "function", name: "weather", parameters: {} }];
    client.send("response.create", { response: { ...ASIDE, input: [saying("Hi.")], tools } });
    const offered = responseOf(await client.nth("response.done", 1));
    expect(offered.output).toMatchObject([{ type: "message" }, { type: "function_call", name: "weather" }]);
  });

  test("is about what was said in a recording that it is given, and not without its words", async () => {
    const client = await RealtimeClient.connect(server.url);
    const recorded = (samples: Float32Array) => ({
      type: "message",
      role: "user",
      content: [{ type: "input_audio", audio: asPcm24(samples) }],
    });
    const input = [recorded(phrase(440, 24_000)), saying("Answer this.")];
    client.send("response.create", { response: { ...ASIDE, input, instructions: "Be odd." } });
    expect(responseOf(await client.next("response.done"))).toMatchObject({ status: "completed" });
    expect(models.languageModel.generations.at(-1)?.messages).toEqual([
      { role: "system", content: "Be odd." },
      { role: "user", content: PHRASES[440] },
      { role: "user", content: "Answer this." },
    ]);
    expect(client.all("conversation.item.added")).toEqual([]);
    const many = Array.from({ length: 5 }, () => recorded(phrase(440, 24_000)));
    client.send("response.create", { response: { ...ASIDE, input: many } });
    expect((await client.next("error"))["error"]).toMatchObject({ param: "response.input" });
    client.send("response.create", { response: { ...ASIDE, input: [recorded(new Float32Array())] } });
    expect(responseOf(await client.nth("response.done", 1))).toMatchObject({
      status: "failed",
      status_details: { error: { code: "invalid_value" } },
    });
    expect(models.recognizer.requests).toHaveLength(1);
  });

  test("holds up nothing of what is said while a recording that it is about is recognised", async () => {
    const recognize = models.recognizer.recognize.bind(models.recognizer);
    models.recognizer.recognize = async (request, options) =>
      request.urgency === "background"
        ? await new Promise(() => undefined)
        : await recognize(request, options);
    const client = await RealtimeClient.connect(server.url);
    const content = [{ type: "input_audio", audio: asPcm24(phrase(440, 24_000)) }];
    const input = [{ type: "message", role: "user", content }];
    client.send("response.create", { response: { ...ASIDE, input } });
    const { id } = responseOf(await client.next("response.created")) as unknown as { id: string };
    client.say(phrase(660, 24_000));
    client.say(new Float32Array(24 * 1600));
    const spoken = responseOf(await client.next("response.done"));
    expect(spoken).toMatchObject({ status: "completed" });
    expect(spoken).not.toMatchObject({ id });
  });

  test("is asked for by clients of the beta in its own words", async () => {
    const headers = { "OpenAI-Beta": "realtime=v1" };
    const client = await RealtimeClient.connect(server.url, { headers });
    const input = [
      { type: "message", role: "assistant", content: [{ type: "text", text: "Ask me." }] },
      saying(PHRASES[660]),
    ];
    client.send("response.create", { response: { conversation: "none", modalities: ["text"], input } });
    expect(responseOf(await client.next("response.done")).output).toMatchObject([
      { content: [{ type: "text", text: "A banana is yellow." }] },
    ]);
  });

  test("is spoken where that is asked for, and is no item of the conversation all the same", async () => {
    const client = await RealtimeClient.connect(server.url);
    const input = [saying(PHRASES[660])];
    client.send("response.create", { response: { conversation: "none", input } });
    const done = responseOf(await client.next("response.done"));
    expect(done).toMatchObject({ status: "completed", conversation_id: null, output_modalities: ["audio"] });
    expect(done.output).toMatchObject([
      { content: [{ type: "output_audio", transcript: "A banana is yellow." }] },
    ]);
    const sound = client.all("response.output_audio.delta").map(({ delta }) => delta as string);
    // Four words of the scripted voice.
    expect(Buffer.concat(sound.map((piece) => Buffer.from(piece, "base64"))).length / 48).toBeCloseTo(
      800,
      -2,
    );
    expect(client.types.slice(-5)).toEqual([
      "response.output_audio.done",
      "response.output_audio_transcript.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.done",
    ]);
    expect(client.all("conversation.item.added")).toEqual([]);
    expect(models.synthesizer.requests.every(({ inBackground }) => inBackground)).toBe(true);
    client.write("My name is Ada.");
    client.send("response.create", { response: { output_modalities: ["text"] } });
    await client.nth("response.done", 1);
    expect(models.languageModel.generations.at(-1)?.messages.map(textOf).slice(1)).toEqual([
      "My name is Ada.",
    ]);
  });

  test("is spoken in its own format, and nothing of it comes once it is cancelled", async () => {
    const client = await RealtimeClient.connect(server.url);
    models.languageModel.answer = () => "Word after word. ".repeat(200);
    const response = {
      conversation: "none",
      audio: { output: { voice: "any", format: { type: "audio/pcmu" } } },
    };
    client.send("response.create", { response });
    const { id } = responseOf(await client.next("response.created")) as unknown as { id: string };
    const pieces = () => client.all("response.output_audio.delta");
    await client.next("response.output_audio.delta");
    expect(Buffer.from(pieces()[0]?.["delta"] as string, "base64")).toHaveLength(160);
    client.send("response.cancel", { response_id: id });
    expect(responseOf(await client.next("response.done"))).toMatchObject({ id, status: "cancelled" });
    const sent = pieces().length;
    await client.update({});
    expect(pieces()).toHaveLength(sent);
  });

  test("fails where it cannot be spoken", async () => {
    const client = await RealtimeClient.connect(server.url);
    models.synthesizer.synthesize = () => {
      throw new AntiphonError("internal", "no voice today");
    };
    models.languageModel.answer = () => "Word after word. ".repeat(100_000);
    client.send("response.create", { response: { conversation: "none", input: [saying(PHRASES[660])] } });
    expect(responseOf(await client.next("response.done"))).toMatchObject({
      status: "failed",
      status_details: { error: { message: "no voice today" } },
    });
  });
});
