import { expect, test } from "vitest";

import { PHRASES } from "../support/fake-models.ts";
import { RealtimeClient } from "../support/realtime-client.ts";
import { spokenPhrase, startRealtimeServer } from "../support/realtime-server.ts";

/** What becomes of a silence that lasts: its time is that of the client's sound, not the clock's. */

const SILENCE = new Float32Array(24 * 8000);

async function connected(turn_detection: object): Promise<RealtimeClient> {
  const { server } = await startRealtimeServer();
  const client = await RealtimeClient.connect(server.url);
  await client.update({ audio: { input: { turn_detection, transcription: {} } } });
  return client;
}

test("a user who is silent behind a response is spoken to again, and their silence is an item, once", async () => {
  const client = await connected({ type: "server_vad", idle_timeout_ms: 5000 });
  client.say(spokenPhrase());
  await client.next("response.done");
  const before = client.received.length;
  client.say(SILENCE);
  await client.nth("response.done", 1);
  const types = client.received.slice(before).map(({ type }) => type);
  expect(types.slice(0, 6)).toEqual([
    "input_audio_buffer.timeout_triggered",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
    "conversation.item.input_audio_transcription.completed",
    "response.created",
  ]);
  const { audio_start_ms, audio_end_ms, item_id } = await client.next("input_audio_buffer.timeout_triggered");
  const silentMs = Number(audio_end_ms) - Number(audio_start_ms);
  expect(silentMs).toBeGreaterThanOrEqual(5000);
  expect(silentMs).toBeLessThan(5100);
  expect(client.all("input_audio_buffer.committed").at(-1)).toMatchObject({ item_id });
  client.say(SILENCE);
  client.write(PHRASES[660]);
  client.send("response.create");
  await client.nth("response.done", 2);
  expect(client.all("input_audio_buffer.timeout_triggered")).toHaveLength(1);
  expect(client.all("error")).toEqual([]);
});

test("a user is left alone where the client says when to answer", async () => {
  const client = await connected({ type: "server_vad", idle_timeout_ms: 5000, create_response: false });
  client.write(PHRASES[440]);
  client.send("response.create");
  await client.next("response.done");
  client.say(SILENCE);
  client.say(spokenPhrase(660));
  await client.next("conversation.item.input_audio_transcription.completed");
  expect(client.all("input_audio_buffer.timeout_triggered")).toEqual([]);
});
