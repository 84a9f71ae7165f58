import { expect, test } from "vitest";

import { PHRASES } from "../support/fake-models.ts";
import { RealtimeClient } from "../support/realtime-client.ts";
import { PICTURE_URL, spokenPhrase, startRealtimeServer } from "../support/realtime-server.ts";

/** What happens while a response still looks at the picture that it is about. */

/** A client whose response looks at a picture, until `look`. */
async function looking() {
  const { server, sight } = await startRealtimeServer();
  let look: () => void = () => undefined;
  const isOver = new Promise<void>((resolve) => (look = resolve));
  const see = sight.sight.look.bind(sight.sight);
  sight.sight.look = async (request, options) => {
    await isOver;
    return await see(request, options);
  };
  const client = await RealtimeClient.connect(server.url);
  await client.update({ audio: { input: { transcription: {} } } });
  const content = [{ type: "input_image", image_url: PICTURE_URL }];
  client.send("conversation.item.create", { item: { type: "message", role: "user", content } });
  client.send("response.create", { response: { metadata: { of: "the test" } } });
  return { client, look };
}

test("a response that looks at a picture throws nothing away of what is said meanwhile, and is the answer to it", async () => {
  const { client, look } = await looking();
  client.say(spokenPhrase(440, 0));
  await client.next("input_audio_buffer.speech_started");
  look();
  client.say(new Float32Array(24 * 1600));
  const metadata = { of: "the test" };
  expect((await client.next("response.done"))["response"]).toMatchObject({ status: "completed", metadata });
  const heard = client.all("conversation.item.input_audio_transcription.completed");
  expect(heard).toMatchObject([{ transcript: PHRASES[440] }]);
  expect(client.all("input_audio_buffer.cleared")).toEqual([]);
  expect(client.all("response.created")).toHaveLength(1);
});

test("a response that is cancelled while it looks is over, and the next one can be asked for", async () => {
  const { client, look } = await looking();
  await client.next("conversation.item.done");
  client.send("response.cancel");
  const metadata = { of: "the test" };
  expect((await client.next("response.done"))["response"]).toMatchObject({ status: "cancelled", metadata });
  look();
  client.write(PHRASES[660]);
  client.send("response.create");
  expect((await client.nth("response.done", 1))["response"]).toMatchObject({ status: "completed" });
  expect(client.all("error")).toEqual([]);
});
