import { afterEach, beforeEach, expect, test } from "vitest";

import type { VoiceServer } from "../../src/server/app.ts";
import { textOf } from "../../streaming/index.ts";
import { phrase, PHRASES } from "../support/fake-models.ts";
import { startOpenAiServer } from "../support/openai-http-server.ts";
import { asPcm24, RealtimeClient, responseOf } from "../support/realtime-client.ts";

/** A response with an `input` of its own: what it says becomes an item of the conversation, what it is about does not. */

let server: VoiceServer;
let models: Awaited<ReturnType<typeof startOpenAiServer>>["models"];
let client: RealtimeClient;

beforeEach(async () => {
  ({ server, models } = await startOpenAiServer());
  client = await RealtimeClient.connect(server.url);
});
afterEach(async () => {
  await server.close();
});

const saying = (text: string, role = "user") => ({
  type: "message",
  role,
  content: [{ type: "input_text", text }],
});
const WRITTEN = { output_modalities: ["text"] };

/** What the language model was told last, without the system's instructions. */
function told(): (string | undefined)[] {
  return models.languageModel.generations.at(-1)?.messages.slice(1).map(textOf) ?? [];
}

test("it is told nothing else, and what comes next is told of the conversation, with that response in it", async () => {
  client.write("My name is Ada.");
  client.send("response.create", { response: { input: [saying(PHRASES[660])] } });
  const done = responseOf(await client.next("response.done"));
  expect(done).toMatchObject({ status: "completed" });
  expect(done.output).toMatchObject([{ content: [{ transcript: "A banana is yellow." }] }]);
  expect(told()).toEqual([PHRASES[660]]);
  // What is computed for it is of no use for the conversation, nor the other way round.
  expect(models.languageModel.generations.at(-1)?.context).toBeUndefined();
  expect(client.all("conversation.item.added")).toHaveLength(2);
  client.write("And who am I?");
  client.send("response.create", { response: WRITTEN });
  await client.nth("response.done", 1);
  expect(told()).toEqual(["My name is Ada.", "A banana is yellow.", "And who am I?"]);
});

test("the system's messages are those of its input, and for that response only", async () => {
  client.send("conversation.item.create", { item: saying("Speak as a pirate.", "system") });
  const input = [saying("Speak as a queen.", "system"), saying("Hi.")];
  client.send("response.create", { response: { ...WRITTEN, input } });
  await client.next("response.done");
  const systemOf = (): string => textOf(models.languageModel.generations.at(-1)!.messages[0]!);
  expect(systemOf()).toContain("queen");
  expect(systemOf()).not.toContain("pirate");
  client.write("Hi.");
  client.send("response.create", { response: WRITTEN });
  await client.nth("response.done", 1);
  expect(systemOf()).toContain("pirate");
  expect(systemOf()).not.toContain("queen");
});

test("items of the conversation by name, and recordings, can be in it", async () => {
  client.write("My name is Ada.");
  client.write("I am ten.");
  await client.nth("conversation.item.added", 1);
  const [first] = client.all("conversation.item.added").map(({ item }) => item as { id: string });
  const content = [{ type: "input_audio", audio: asPcm24(phrase(440, 24_000)) }];
  const input = [
    { type: "item_reference", id: first?.id },
    { type: "message", role: "user", content },
  ];
  client.send("response.create", { response: { ...WRITTEN, input } });
  await client.next("response.done");
  expect(told()).toEqual(["My name is Ada.", PHRASES[440]]);
});

test("what the client changes while it is heard counts for the next one", async () => {
  client.write("My name is Ada.");
  client.send("response.create", { response: { input: [saying(PHRASES[660])] } });
  await client.nth("response.output_audio.delta", 3);
  client.write("I am ten.");
  const [first] = client.all("conversation.item.added").map(({ item }) => item as { id: string });
  client.send("conversation.item.delete", { item_id: first?.id });
  expect(responseOf(await client.next("response.done"))).toMatchObject({ status: "completed" });
  client.send("response.create", { response: WRITTEN });
  await client.nth("response.done", 1);
  expect(told().join(" ")).toContain("I am ten.");
  expect(told().join(" ")).not.toContain("Ada");
  expect(told().join(" ")).not.toContain(PHRASES[660]);
});

test("one that is cancelled, or cannot be, leaves the conversation as it was", async () => {
  client.write("My name is Ada.");
  client.send("response.create", { response: { input: [saying(PHRASES[660])] } });
  await client.nth("response.output_audio.delta", 3);
  client.send("response.cancel");
  expect(responseOf(await client.next("response.done"))).toMatchObject({ status: "cancelled" });
  for (const input of [
    [{ type: "item_reference", id: "nobody" }],
    [{ type: "song" }],
    Array(101).fill(saying("Hi.")),
  ]) {
    client.send("response.create", { response: { input } });
    await client.nth("error", client.all("error").length);
  }
  expect(client.all("response.created")).toHaveLength(1);
  client.send("response.create", { response: WRITTEN });
  await client.nth("response.done", 1);
  expect(told()[0]).toBe("My name is Ada.");
  expect(told().join(" ")).not.toContain(PHRASES[660]);
});

test("an empty one leaves it nothing but its instructions", async () => {
  client.write("My name is Ada.");
  client.send("response.create", { response: { ...WRITTEN, input: [], instructions: "Say hello." } });
  expect(responseOf(await client.next("response.done"))).toMatchObject({ status: "completed" });
  expect(told()).toEqual([]);
  expect(textOf(models.languageModel.generations.at(-1)!.messages[0]!)).toBe("Say hello.");
});

const VAD = { type: "server_vad", create_response: false };

/** How a user's turn is taken by the client, who is told its words. */
async function takeTurns(turn_detection: object): Promise<void> {
  await client.update({ audio: { input: { turn_detection, transcription: {} } } });
}

test("what is said into it stays in the conversation, however it ends", async () => {
  await takeTurns(VAD);
  client.write("My name is Ada.");
  client.send("response.create", { response: { input: [saying(PHRASES[660])] } });
  await client.nth("response.output_audio.delta", 10);
  client.say(phrase(440, 24_000).subarray(0, 24 * 400));
  client.send("input_audio_buffer.commit");
  await client.next("conversation.item.input_audio_transcription.completed");
  await client.next("response.done");
  client.send("response.create", { response: WRITTEN });
  await client.nth("response.done", 1);
  expect(told().join(" ")).toContain("My name is Ada.");
  expect(told().at(-1)).toContain(PHRASES[440]);
  expect(told().join(" ")).not.toContain(PHRASES[660]);
});

test("who is not to interrupt it is answered behind it, about the conversation", async () => {
  await takeTurns({ type: "server_vad", interrupt_response: false });
  client.write("My name is Ada.");
  client.send("response.create", { response: { input: [saying(PHRASES[660])] } });
  await client.nth("response.output_audio.delta", 10);
  client.say(phrase(440, 24_000));
  client.say(new Float32Array(24 * 1600));
  await client.nth("response.done", 1);
  expect(told()[0]).toBe("My name is Ada.");
  expect(told().at(-1)).toContain(PHRASES[440]);
  expect(told().join(" ")).not.toContain(PHRASES[660]);
});

test("where who speaks as it is asked for is answered by themselves, it is cancelled, and nothing of it is in that", async () => {
  await takeTurns({ type: "server_vad" });
  client.write("My name is Ada.");
  client.say(phrase(440, 24_000).subarray(0, 24 * 500));
  await client.next("input_audio_buffer.speech_started");
  const metadata = { topic: "fruit" };
  client.send("response.create", { response: { input: [saying(PHRASES[660])], metadata } });
  client.say(phrase(440, 24_000).subarray(24 * 500));
  client.say(new Float32Array(24 * 1600));
  expect(responseOf(await client.next("response.done"))).toMatchObject({ status: "cancelled", metadata });
  expect(responseOf(await client.nth("response.done", 1))).toMatchObject({
    status: "completed",
    metadata: null,
  });
  expect(told().join(" ")).toContain(`My name is Ada. ${PHRASES[440]}`);
  expect(told().join(" ")).not.toContain(PHRASES[660]);
});

test("it knows the words of an item that was handed over just before", async () => {
  await takeTurns(null as unknown as object);
  const recognize = models.recognizer.recognize.bind(models.recognizer);
  models.recognizer.recognize = async (request, options) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return await recognize(request, options);
  };
  client.say(phrase(440, 24_000));
  client.send("input_audio_buffer.commit");
  const { item_id: id } = await client.next("input_audio_buffer.committed");
  client.send("response.create", { response: { ...WRITTEN, input: [{ type: "item_reference", id }] } });
  await client.next("response.done");
  expect(told()).toEqual([PHRASES[440]]);
});

test("one that is cancelled while it waits for a speaker leaves nothing behind", async () => {
  await takeTurns({ type: "server_vad" });
  client.write("My name is Ada.");
  client.say(phrase(440, 24_000).subarray(0, 24 * 500));
  await client.next("input_audio_buffer.speech_started");
  client.send("response.create", { response: { input: [saying(PHRASES[660])], instructions: "Be odd." } });
  client.send("response.cancel");
  expect(responseOf(await client.next("response.done"))).toMatchObject({ status: "cancelled" });
  client.say(phrase(440, 24_000).subarray(24 * 500));
  client.say(new Float32Array(24 * 1600));
  expect(responseOf(await client.nth("response.done", 1))).toMatchObject({ status: "completed" });
  expect(told().join(" ")).toBe(`My name is Ada. ${PHRASES[440]}`);
  expect(textOf(models.languageModel.generations.at(-1)!.messages[0]!)).not.toContain("odd");
});

test("a long text in it is told whole", async () => {
  const text = `Mind this. ${"Yes. ".repeat(250)}`.trim();
  client.send("response.create", { response: { ...WRITTEN, input: [saying(text), saying("Sum it up.")] } });
  await client.next("response.done");
  expect(told()).toEqual([text, "Sum it up."]);
});

test("a recording in it is recognised only where there can be a response", async () => {
  client.write(PHRASES[440]);
  client.send("response.create");
  await client.nth("response.output_audio.delta", 3);
  const content = [{ type: "input_audio", audio: asPcm24(phrase(660, 24_000)) }];
  client.send("response.create", { response: { input: [{ type: "message", role: "user", content }] } });
  expect((await client.next("error"))["error"]).toMatchObject({
    code: "conversation_already_has_active_response",
  });
  expect(models.recognizer.requests).toEqual([]);
});

test("pictures in it are looked at for that one, and the conversation's own one is kept for what comes next", async () => {
  const picture = (grey: number) => {
    const url = `data:image/png;base64,${Buffer.alloc(12, grey).toString("base64")}`;
    return { type: "message", role: "user", content: [{ type: "input_image", image_url: url }] };
  };
  const greys = (): unknown[] =>
    (models.languageModel.generations.at(-1)?.messages ?? []).flatMap(({ content }) =>
      typeof content === "string"
        ? []
        : content.flatMap((part) => (part.type === "frame" ? part.jpeg?.[0] : [])),
    );
  client.send("conversation.item.create", { item: picture(90) });
  client.send("response.create", {
    response: { ...WRITTEN, input: [picture(40), picture(41)], instructions: "Be odd." },
  });
  expect(responseOf(await client.next("response.done"))).toMatchObject({ status: "completed" });
  expect(greys()).toEqual([40, 41]);
  client.send("response.create", { response: { ...WRITTEN, input: [saying("Hi.")] } });
  await client.nth("response.done", 1);
  expect(greys()).toEqual([]);
  // A camera that shows nothing for so long is off; what the client has put there is shown to the next question all the same.
  client.say(new Float32Array(24 * 8000));
  client.write("What do you see?");
  client.send("response.create", { response: WRITTEN });
  await client.nth("response.done", 2);
  expect(greys()).toEqual([90]);
});

test("a picture in it that cannot be read is told, and the conversation goes on", async () => {
  const image_url = `data:image/png;base64,${Buffer.alloc(12, 255).toString("base64")}`;
  const input = [{ type: "message", role: "user", content: [{ type: "input_image", image_url }] }];
  client.send("response.create", { response: { input } });
  expect((await client.next("error"))["error"]).toMatchObject({ code: "picture_unreadable" });
  expect(client.all("response.created")).toEqual([]);
  client.write(PHRASES[660]);
  client.send("response.create", { response: WRITTEN });
  expect(responseOf(await client.next("response.done"))).toMatchObject({ status: "completed" });
});
