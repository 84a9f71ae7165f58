import { expect, test } from "vitest";

import { FakePictureDecoder, FakeSight } from "../../models/fakes/index.ts";
import { type AntiphonError, AntiphonError as Failure, Camera, type View } from "../../streaming/index.ts";
import { settle } from "../support/fake-conversation.ts";

const { signal } = new AbortController();
/** Clients count their own time. */
const STAMP_MS = 70_000;

function openCamera(options: { speaking?: boolean; sight?: FakeSight } = {}) {
  const decoder = new FakePictureDecoder();
  const sight = options.sight ?? new FakeSight();
  const sightings: [atMs: number, name: string | undefined][] = [];
  const looked: (number | undefined)[] = [];
  const errors: AntiphonError[] = [];
  const tally = { decoded: 0, seen: 0, undecoded: 0, unseen: 0 };
  const camera = new Camera(
    { decoder, sight, tally },
    {
      isSpeaking: () => options.speaking ?? true,
      onSighting: ({ atMs }, { labels }) => sightings.push([atMs, labels[0]?.name]),
      onLooked: ({ stampMs }) => looked.push(stampMs),
      onError: (error) => errors.push(error),
    },
  );
  const show = async (grey: number, atMs: number): Promise<void> => {
    camera.push({ bytes: new Uint8Array(12).fill(grey), atMs, stampMs: atMs + STAMP_MS });
    await settle();
  };
  return { camera, decoder, sight, sightings, looked, errors, show, tally };
}

const nameOf = (view: View): string | undefined =>
  "frame" in view ? view.sighting.labels[0]?.name : undefined;

test("no picture has come: that is said, not an old one or none at all", async () => {
  const { camera, show } = openCamera();
  await expect(camera.inViewAt(1000, { signal })).resolves.toEqual({ type: "no-camera" });
  await show(50, 2000);
  await expect(camera.inViewAt(1000, { signal })).resolves.toEqual({ type: "no-camera" });
});

test("a lure after the words were spoken is not what was in view when they were", async () => {
  const { camera, show } = openCamera();
  await show(50, 0);
  await show(200, 900);
  await show(100, 1300);
  await show(240, 1400);
  for (const [atMs, name] of [
    [800, "grey 50"],
    [1000, "grey 200"],
    [1350, "grey 100"],
    [9000, "grey 240"],
  ] as const) {
    expect(nameOf(await camera.inViewAt(atMs, { signal }))).toBe(name);
  }
});

test("a camera that stands still is looked at once, and its view keeps being the same frame", async () => {
  const { camera, sight, sightings, show } = openCamera();
  for (let second = 0; second < 20; second++) await show(50, second * 1000);
  expect(sight.requests).toHaveLength(1);
  expect(sightings).toEqual([[0, "grey 50"]]);
  const view = await camera.inViewAt(19_500, { signal });
  expect(view).toMatchObject({ type: "current", ageMs: 500, frame: { atMs: 0 } });
});

test("a scene that outlives all the frames that are kept is the same view still, and is not looked at again", async () => {
  const { camera, sight, show } = openCamera();
  for (let second = 0; second < 50; second++) await show(50, second * 1000);
  const view = await camera.inViewAt(49_500, { signal });
  expect(view).toMatchObject({ type: "current", ageMs: 500, frame: { atMs: 0 } });
  expect(sight.requests).toHaveLength(1);
});

test("a camera that has stopped sending is stale after 3 s", async () => {
  const { camera, show } = openCamera();
  await show(50, 0);
  await expect(camera.inViewAt(3000, { signal })).resolves.toMatchObject({ type: "current" });
  await expect(camera.inViewAt(3001, { signal })).resolves.toMatchObject({ type: "stale", ageMs: 3001 });
});

test("what was attached to a question is no camera that has stopped, however long the question takes", async () => {
  const { camera } = openCamera();
  camera.push({ bytes: new Uint8Array(12).fill(50), atMs: 0, isAttached: true });
  await expect(camera.inViewAt(60_000, { signal })).resolves.toMatchObject({ type: "current" });
});

test("thirty pictures at once: the first and the newest are decoded, the others counted", async () => {
  const { camera, decoder, show, tally } = openCamera();
  for (let index = 0; index < 29; index++)
    camera.push({ bytes: new Uint8Array(12).fill(index * 8), atMs: index });
  await show(240, 1000);
  expect(decoder.calls).toBe(2);
  expect(tally).toEqual({ decoded: 2, seen: 2, undecoded: 28, unseen: 0 });
  expect(nameOf(await camera.inViewAt(1000, { signal }))).toBe("grey 240");
});

test("what was not looked at ahead is looked at when it is asked for, once", async () => {
  const { camera, sight, show } = openCamera({ speaking: false });
  await show(50, 0);
  await show(200, 1500);
  expect(sight.requests.map(({ urgency }) => urgency)).toEqual(["ahead"]);
  const [first, second] = await Promise.all([
    camera.inViewAt(1600, { signal }),
    camera.inViewAt(1700, { signal }),
  ]);
  expect([nameOf(first), nameOf(second)]).toEqual(["grey 200", "grey 200"]);
  expect(sight.requests.map(({ urgency }) => urgency)).toEqual(["ahead", "asked"]);
});

test("damaged pictures are told of now and then, not each, and the camera goes on", async () => {
  const { camera, errors, show } = openCamera();
  for (let index = 0; index < 10; index++) await show(255, index * 1000);
  expect(errors.map(({ code }) => code)).toEqual(["picture-unreadable", "picture-unreadable"]);
  await show(50, 11_000);
  expect(nameOf(await camera.inViewAt(11_000, { signal }))).toBe("grey 50");
});

test("a look that failed is told, and tried again when somebody asks", async () => {
  const sight = new FakeSight(() => new Failure("inference-failed", "no"));
  const { camera, errors, show } = openCamera({ sight });
  await show(50, 0);
  expect(errors).toMatchObject([{ code: "inference-failed" }]);
  await expect(camera.inViewAt(100, { signal })).rejects.toMatchObject({ code: "inference-failed" });
  sight.seen = () => "a mug";
  expect(nameOf(await camera.inViewAt(100, { signal }))).toBe("a mug");
});

test("after forgetting there is no camera until it sends again; after closing nothing is looked at or told", async () => {
  const { camera, sight, errors, show } = openCamera();
  await show(50, 0);
  camera.forget();
  await expect(camera.inViewAt(100, { signal })).resolves.toEqual({ type: "no-camera" });
  await show(50, 200);
  expect(sight.requests).toHaveLength(2);
  camera.push({ bytes: new Uint8Array(12).fill(200), atMs: 1400 });
  camera.close();
  await show(100, 2600);
  expect(sight.requests).toHaveLength(2);
  expect(errors).toEqual([]);
});

test("asking can be given up", async () => {
  const { camera, show } = openCamera({ speaking: false });
  await show(50, 0);
  const asking = new AbortController();
  await show(200, 1500);
  const view = camera.inViewAt(1600, asking);
  asking.abort(new Error("never mind"));
  await expect(view).rejects.toThrow("never mind");
});

test("each picture that is looked at is told by its own mark, ahead or when it is asked for, and not the one beside it", async () => {
  const { camera, looked, show } = openCamera({ speaking: false });
  await show(50, 0);
  await show(50, 500);
  await show(200, 1500);
  expect(looked).toEqual([STAMP_MS]);
  await camera.inViewAt(1600, { signal });
  expect(looked).toEqual([STAMP_MS, STAMP_MS + 1500]);
});

test("what was forgotten while it was looked at is told to nobody", async () => {
  const { camera, looked, sight, show } = openCamera();
  camera.push({ bytes: new Uint8Array(12).fill(50), atMs: 0 });
  while (sight.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  camera.forget();
  await show(200, 4000);
  expect(looked).toEqual([STAMP_MS + 4000]);
});

test("what is known of a view is told without a look, for as long as the camera goes on", async () => {
  const { camera, sight, show } = openCamera({ speaking: false });
  const knownAt = (atMs: number): string | undefined => camera.knownAt(atMs)?.labels[0]?.name;
  expect(knownAt(0)).toBeUndefined();
  await show(50, 0);
  await show(50, 1000); // shows the same, and is not looked at
  expect([knownAt(-1), knownAt(500), knownAt(4000), knownAt(4001)]).toEqual([
    undefined,
    "grey 50",
    "grey 50",
    undefined,
  ]);
  await show(200, 1500); // another scene, so soon after the first that nobody has looked yet
  expect([knownAt(1400), knownAt(3000), knownAt(3001)]).toEqual(["grey 50", "grey 50", undefined]);
  expect(sight.requests).toHaveLength(1);
  await camera.inViewAt(1600, { signal });
  expect(knownAt(1600)).toBe("grey 200");
});

test("a picture that was attached to a question says nothing of who is there", async () => {
  const { camera } = openCamera();
  camera.push({ bytes: new Uint8Array(12).fill(50), atMs: 0, isAttached: true });
  await camera.inViewAt(100, { signal });
  expect(camera.knownAt(100)).toBeUndefined();
});
