import { afterEach, beforeEach, expect, test } from "vitest";

import type { VoiceServer } from "../../src/server/app.ts";
import { textOf } from "../../streaming/index.ts";
import { phrase, PHRASES } from "../support/fake-models.ts";
import { startOpenAiServer } from "../support/openai-http-server.ts";
import { asPcm24, RealtimeClient, responseOf } from "../support/realtime-client.ts";

/** A response of the conversation that is about an `input` of its own: an item as any other, and its input is none. */

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
  expect(told().join(" ")).toBe(`My name is Ada. ${PHRASES[440]}`);
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
