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
});
