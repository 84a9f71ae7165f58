import { expect, test } from "vitest";

import type { ServerEvent } from "../../../../src/dialects/realtime/beta.ts";
import { ItemSound, type ItemSoundHost } from "../../../../src/dialects/realtime/item-sound.ts";
import { Places } from "../../../../src/dialects/realtime/places.ts";
import { initialConfig } from "../../../../src/dialects/realtime/session-config.ts";
import { fakeModels, phrase, PHRASES } from "../../../support/fake-models.ts";
import { asPcm24 } from "../../../support/realtime-client.ts";
import { testConfig } from "../../../support/voice-server.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A client whose items have sound in them, and all that comes of it. */
function client({ models = fakeModels(), places = new Places(1) } = {}) {
  const sent: ServerEvent[] = [];
  const charged: number[] = [];
  const created: unknown[] = [];
  const config = initialConfig(testConfig(), new URLSearchParams("intent=transcription"));
  const host: ItemSoundHost = {
    send: (event) => void sent.push(event),
    config: () => config,
    places,
    models: () => models,
    admitAudio: (ms) => void charged.push(ms),
    create: ({ item }) => void created.push(item),
  };
  const itemSound = new ItemSound(host);
  const create = async (...sounds: Float32Array[]): Promise<void> => {
    const content = sounds.map((samples) => ({ type: "input_audio", audio: asPcm24(samples) }));
    const item = { id: "recorded", type: "message", role: "user", content };
    await itemSound.create({ type: "conversation.item.create", item });
  };
  return { create, itemSound, sent, charged, created, models };
}

const QUESTION = phrase(440, 24_000);
const CLICK = phrase(660, 24_000, 100);

test("a recording gives way to what is said, else everybody's answers wait for it", async () => {
  const { create, models, created } = client();
  await create(QUESTION);
  expect(models.recognizer.requests.map(({ urgency }) => urgency)).toEqual(["background"]);
  expect(created).toMatchObject([{ content: [{ transcript: PHRASES[440] }] }]);
});

test("recordings of all clients are recognised one after the other, else many clients hold the recogniser", async () => {
  const places = new Places(1);
  const models = fakeModels();
  const recognize = models.recognizer.recognize.bind(models.recognizer);
  const going: (() => void)[] = [];
  models.recognizer.recognize = async (request, options) => {
    await new Promise<void>((resolve) => going.push(resolve));
    return await recognize(request, options);
  };
  const created = [client({ models, places }), client({ models, places })].map(({ create }) =>
    create(QUESTION),
  );
  await expect.poll(() => going.length).toBe(1);
  for (let turn = 0; turn < 20; turn += 1) await settled();
  expect(going).toHaveLength(1);
  going[0]?.();
  await created[0];
  await expect.poll(() => going.length).toBe(2);
  going[1]?.();
  await created[1];
});

test("who leaves while waiting for a place takes none from the others", async () => {
  const places = new Places(1);
  const giveUp = await places.take(new AbortController().signal);
  const leaving = client({ places });
  const waiting = leaving.create(QUESTION);
  await settled();
  leaving.itemSound.stop();
  await waiting;
  expect(leaving.created).toEqual([]);
  giveUp();
  const staying = client({ places });
  await staying.create(QUESTION);
  expect(staying.created).toHaveLength(1);
});

test("a click costs as much as a second, else a minute of clicks is hundreds of runs of the recogniser", async () => {
  const { create, charged } = client();
  await create(CLICK, CLICK);
  expect(charged.reduce((sum, ms) => sum + ms, 0)).toBe(2000);
});

test("more than a few recordings in one item are refused, and none of them is recognised", async () => {
  const { create, models, charged } = client();
  await expect(create(CLICK, CLICK, CLICK, CLICK, CLICK)).rejects.toMatchObject({
    details: { code: "invalid_value", param: "item.content" },
  });
  expect(models.recognizer.requests).toEqual([]);
  expect(charged).toEqual([]);
});
