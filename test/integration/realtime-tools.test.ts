import { afterEach, beforeEach, expect, test } from "vitest";

import { systemClock } from "../../src/clock.ts";
import { createLogger } from "../../src/logging.ts";
import type { VoiceServer } from "../../src/server/app.ts";
import { ServerTools } from "../../src/tools/server-tools.ts";
import { openVoiceSession } from "../../streaming/index.ts";
import { fakeModels } from "../support/fake-models.ts";
import { RealtimeClient } from "../support/realtime-client.ts";
import { startServer, testConfig } from "../support/voice-server.ts";

/** A server with a tool of its own, and clients that bring theirs. */
let server: VoiceServer;
let models: ReturnType<typeof fakeModels>;
let serverTools: ServerTools;

beforeEach(async () => {
  models = fakeModels();
  const { tools } = testConfig({ tools: { builtIn: ["remember"] } });
  serverTools = new ServerTools(tools, systemClock, createLogger("silent"));
  const { openSession } = serverTools.over({
    openSession: (options) => openVoiceSession(models, options, systemClock),
    voiceSampleRate: 22_050,
  });
  server = await startServer(openSession);
});
afterEach(async () => {
  await server.close();
  await serverTools.close();
});

const THEIRS = { type: "function", name: "open_window", description: "Opens a window.", parameters: {} };
const REMEMBER = { name: "remember", arguments: '{"fact":"milk"}' };

/** Asks, and returns the function calls that the client was told of by then. */
async function callsAfter(client: RealtimeClient, text: string): Promise<unknown[]> {
  client.write(text);
  client.send("response.create");
  const done = await client.next("response.done");
  expect(done["response"]).toMatchObject({ status: "completed" });
  const { output } = done["response"] as { output: { type: string; name?: string }[] };
  return output.flatMap(({ type, name }) => (type === "function_call" ? [name] : []));
}

test("a client is told of no call that the server runs itself", async () => {
  models.languageModel.answer = (words) => (words === "Note it." ? { calls: [REMEMBER] } : "Noted.");
  const client = await RealtimeClient.connect(server.url);
  await client.update({ output_modalities: ["text"], tools: [THEIRS] });
  expect(await callsAfter(client, "Note it.")).toEqual([]);
  expect(client.all("response.output_text.done")).toMatchObject([{ text: "Noted." }]);
  expect(client.all("response.function_call_arguments.done")).toEqual([]);
  const items = [...client.all("conversation.item.added"), ...client.all("response.output_item.added")];
  expect(JSON.stringify(items)).not.toContain("function_call");
});

test("a client is told of its own calls, also beside one of the server's", async () => {
  models.languageModel.answer = () => ({ calls: [REMEMBER, { name: "open_window", arguments: "{}" }] });
  const client = await RealtimeClient.connect(server.url);
  await client.update({ output_modalities: ["text"], tools: [THEIRS] });
  expect(await callsAfter(client, "Note it, and let some air in.")).toEqual(["open_window"]);
});

test("a client is told of no call of its own that could not be handed over", async () => {
  models.languageModel.answer = (words) =>
    words === "Air!" ? { calls: [{ name: "open_window", arguments: "[" }] } : "I could not.";
  const client = await RealtimeClient.connect(server.url);
  await client.update({ output_modalities: ["text"], tools: [THEIRS] });
  expect(await callsAfter(client, "Air!")).toEqual([]);
});

test("what the server's tools found is known also after the client has changed what was said", async () => {
  models.languageModel.answer = (words) => (words === "Note it." ? { calls: [REMEMBER] } : "Noted.");
  const client = await RealtimeClient.connect(server.url);
  await client.update({ output_modalities: ["text"], tools: [THEIRS] });
  await callsAfter(client, "Note it.");
  const content = [{ type: "input_text", text: "I am Ada." }];
  const item = { id: "ada", type: "message", role: "user", content };
  client.send("conversation.item.create", { previous_item_id: "root", item });
  expect(
    await client.next("conversation.item.added", ({ item }) => JSON.stringify(item).includes("ada")),
  ).toMatchObject({ previous_item_id: null });
  client.send("conversation.item.delete", { item_id: "ada" });
  client.write("And now?");
  client.send("response.create");
  await client.nth("response.done", 1);
  const messages = models.languageModel.generations.at(-1)?.messages.slice(1);
  expect(messages?.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant", "user"]);
  expect(messages?.[1]?.toolCalls).toMatchObject([REMEMBER]);
  expect(messages?.[2]?.content).not.toContain("no result yet");
  expect(JSON.stringify(client.received)).not.toContain("function_call");
});

test("a call of the client's is known once, though what was said changes before the answer is over", async () => {
  models.languageModel.answer = (words) =>
    words === "Air!"
      ? { text: "I shall open the window for you now. ", calls: [{ name: "open_window", arguments: "{}" }] }
      : "Done.";
  const client = await RealtimeClient.connect(server.url);
  await client.update({ tools: [THEIRS] });
  client.write("Air!");
  client.send("response.create");
  const done = await client.next("response.function_call_arguments.done");
  const content = [{ type: "input_text", text: "I am Ada." }];
  client.send("conversation.item.create", {
    previous_item_id: "root",
    item: { type: "message", role: "user", content },
  });
  await client.next("response.done");
  const output = { type: "function_call_output", call_id: done["call_id"], output: "It is open." };
  client.send("conversation.item.create", { item: output });
  client.send("response.create");
  await client.nth("response.done", 1);
  const messages = models.languageModel.generations.at(-1)?.messages.slice(1);
  expect(messages?.flatMap(({ toolCalls = [] }) => toolCalls)).toHaveLength(1);
  expect(messages?.filter(({ role }) => role === "tool").map(({ content: text }) => text)).toEqual([
    "It is open.",
  ]);
});
