import { expect, test } from "vitest";

import type { ServerEvent } from "../../../../src/dialects/realtime/beta.ts";
import { readItem } from "../../../../src/dialects/realtime/client-item.ts";
import { ItemSound, type ItemSoundHost } from "../../../../src/dialects/realtime/item-sound.ts";
import { Items } from "../../../../src/dialects/realtime/items.ts";
import { Places } from "../../../../src/dialects/realtime/places.ts";
import { initialConfig } from "../../../../src/dialects/realtime/session-config.ts";
import { fakeModels, phrase, PHRASES } from "../../../support/fake-models.ts";
import { asPcm24 } from "../../../support/realtime-client.ts";
import { testConfig } from "../../../support/voice-server.ts";

const nextId = () => "named-here";
const asPart = (samples: Float32Array) => ({ type: "input_audio", audio: asPcm24(samples) });
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A client whose items have sound in them, and all that comes of it. */
function client({ models = fakeModels(), places = new Places(1) } = {}) {
  const sent: ServerEvent[] = [];
  const charged: number[] = [];
  const created: unknown[] = [];
  const items = new Items();
  const maxTextLength = 4000;
  const taken = { id: "taken", type: "message", role: "user", content: [] };
  items.append(readItem(taken, { nextId, maxTextLength }).item);
  const config = initialConfig(testConfig(), new URLSearchParams("intent=transcription"));
  const host: ItemSoundHost = {
    send: (event) => void sent.push(event),
    config: () => config,
    places,
    models: () => models,
    admitAudio: (ms) => void charged.push(ms),
    items,
    maxTextLength,
    add: ({ item }) => void created.push(item),
  };
  const itemSound = new ItemSound(host);
  const createWith = async (content: object[], named: object = {}, behind?: string): Promise<void> => {
    const item = { ...named, type: "message", role: "user", content };
    await itemSound.create({ type: "conversation.item.create", item, previous_item_id: behind });
  };
  const create = async (...sounds: Float32Array[]): Promise<void> => {
    await createWith(sounds.map(asPart));
  };
  return { create, createWith, itemSound, sent, charged, created, models };
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

test("a recording in an item without a name is recognised, too", async () => {
  const { create, created } = client();
  await create(QUESTION);
  expect(created).toMatchObject([{ content: [{ type: "input_audio", transcript: PHRASES[440] }] }]);
});

test("what cannot become an item is recognised for nothing", async () => {
  const { createWith, models, created } = client();
  const part = asPart(QUESTION);
  await expect(createWith([part], { id: "taken" })).rejects.toMatchObject({
    details: { code: "item_already_exists" },
  });
  await expect(createWith([part], {}, "missing")).rejects.toMatchObject({
    details: { code: "item_not_found", param: "previous_item_id" },
  });
  await expect(createWith([part, { type: "unknown" }])).rejects.toMatchObject({
    details: { code: "invalid_value" },
  });
  await expect(createWith([part, { type: "input_audio", audio: "no base64!" }])).rejects.toMatchObject({
    details: { code: "invalid_value", param: "item.content[1].audio" },
  });
  expect(models.recognizer.requests).toEqual([]);
  expect(created).toEqual([]);
});

test("sound of which there is none is refused by name, else it becomes an item that says nothing", async () => {
  const { createWith, created } = client();
  for (const audio of ["", "AA=="])
    await expect(createWith([{ type: "input_audio", audio }])).rejects.toMatchObject({
      details: { code: "invalid_value", param: "item.content[0].audio" },
    });
  expect(created).toEqual([]);
});

test("words that the client sends along are taken as they are, and cost nothing", async () => {
  const { createWith, models, created, charged } = client();
  await createWith([{ ...asPart(QUESTION), transcript: "Paris?" }, asPart(QUESTION)]);
  expect(created).toMatchObject([{ content: [{ transcript: "Paris?" }, { transcript: PHRASES[440] }] }]);
  expect(JSON.stringify(created)).not.toContain('audio":');
  expect(models.recognizer.requests).toHaveLength(1);
  expect(charged).toEqual([1000]);
});

test("half a minute of sound is all that an item holds, else what is sent behind it waits for minutes", async () => {
  const { create, models } = client();
  const long = phrase(440, 24_000, 16_000);
  await expect(create(long, long)).rejects.toMatchObject({
    details: { code: "invalid_value", param: "item.content[1].audio" },
  });
  expect(models.recognizer.requests).toEqual([]);
  await create(long);
});
