import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { VoiceClient } from "../../web/client/index.ts";
import { followConversation } from "../../web/page/consequences.ts";
import { Draft } from "../../web/page/draft.ts";
import { FakeSocket, ready } from "./fake-socket.ts";

// Test files share modules: the client must be made with the same sound in all of them.
vi.mock("../../web/client/sound.ts", async () => ({ Sound: (await import("./fake-sound.ts")).FakeSound }));

const limits = { ...ready.limits, maxTextLength: 20 };
const view = { type: "view", pictureMs: 5, labels: [], people: 1, isSure: true } as const;
const camera = { isFileWaiting: false, leave: vi.fn(), hurry: vi.fn(), recognise: vi.fn() };
let client: VoiceClient;
let draft: Draft;

// Nothing is drawn in any of these, as in a tab that nobody looks at.
beforeEach(() => {
  vi.useFakeTimers();
  camera.isFileWaiting = false;
  vi.stubGlobal("fetch", () => Promise.resolve(new Response('{"status":"ready"}')));
  vi.stubGlobal("WebSocket", FakeSocket);
  client = new VoiceClient({ origin: "http://here", worklets: { capture: "", playback: "" } });
  draft = new Draft(client, camera, vi.fn());
  followConversation(client, camera, draft);
});
afterEach(async () => {
  await client.stop();
  for (const mock of [camera.leave, camera.hurry, camera.recognise]) mock.mockReset();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** The server is there. */
async function connect(): Promise<FakeSocket> {
  await vi.advanceTimersByTimeAsync(0);
  const { last } = FakeSocket;
  last.dispatchEvent(new Event("open"));
  last.say({ ...ready, limits });
  return last;
}

const texts = (socket: FakeSocket): unknown[] => socket.said("text").map(({ text }) => text);

test("what was sent off before the server is there goes out once it is", async () => {
  draft.edit("What is salt?");
  draft.submit();
  expect(draft.state).toMatchObject({ text: "What is salt?", isWaiting: true });
  const socket = await connect();
  expect(texts(socket)).toEqual(["What is salt?"]);
  expect(draft.state).toMatchObject({ text: "", isWaiting: false });
  draft.edit("And tea?");
  draft.submit();
  expect(texts(socket)).toEqual(["What is salt?", "And tea?"]);
});

test("what is sent is sent once, although that changes the conversation, of which it is told in turn", async () => {
  draft.edit("What is salt?");
  draft.submit();
  const sendText = vi.spyOn(client, "sendText").mockImplementation(() => {
    draft.follow();
    return true;
  });
  await connect();
  expect(sendText).toHaveBeenCalledExactlyOnceWith("What is salt?");
});

test("what nobody took waits on", async () => {
  draft.edit("What is salt?");
  draft.submit();
  vi.spyOn(client, "sendText").mockReturnValueOnce(false);
  const socket = await connect();
  expect(draft.state).toMatchObject({ text: "What is salt?", isWaiting: true });
  draft.follow();
  expect(texts(socket)).toEqual(["What is salt?"]);
});

test("who goes on typing, or clears the field, sends nothing until the text is sent off again", async () => {
  draft.edit("What is");
  draft.submit();
  draft.edit("What is half a sent");
  expect(draft.state.isWaiting).toBe(false);
  const socket = await connect();
  expect(texts(socket)).toEqual([]);
  draft.edit("");
  draft.submit();
  draft.edit("   ");
  draft.submit();
  expect(texts(socket)).toEqual([]);
  draft.edit("What is milk?");
  draft.submit();
  expect(texts(socket)).toEqual(["What is milk?"]);
});

test("a text that is too long is kept and said to be, also where that was not known when it was sent off", async () => {
  draft.edit("x".repeat(21));
  draft.submit();
  const socket = await connect();
  expect(texts(socket)).toEqual([]);
  expect(draft.state).toEqual({ text: "x".repeat(21), isWaiting: false, longest: 20 });
  draft.edit("x".repeat(20));
  expect(draft.state.longest).toBeUndefined();
  draft.submit();
  expect(texts(socket)).toEqual(["x".repeat(20)]);
});

test("a question waits for the picture that it is about", async () => {
  camera.isFileWaiting = true;
  draft.edit("Who is this?");
  draft.submit();
  const socket = await connect();
  expect(texts(socket)).toEqual([]);
  camera.isFileWaiting = false;
  draft.follow();
  expect(texts(socket)).toEqual(["Who is this?"]);
});

test("whoever is refused, or hangs up, keeps the words, and they go out when they are sent off again", async () => {
  camera.isFileWaiting = true;
  draft.edit("Who is this?");
  draft.submit();
  const refused = await connect();
  refused.say({ type: "error", code: "unauthorized", message: "no key", fatal: true });
  expect(draft.state).toMatchObject({ text: "Who is this?", isWaiting: false });
  camera.isFileWaiting = false;
  draft.follow();
  expect(texts(refused)).toEqual([]);
  draft.submit();
  expect(texts(await connect())).toEqual(["Who is this?"]);
});

test("a new conversation in place of one that has not begun takes what waits along", async () => {
  draft.edit("What is salt?");
  draft.submit();
  client.restart();
  expect(draft.state.isWaiting).toBe(true);
  expect(texts(await connect())).toEqual(["What is salt?"]);
});

test("pictures go out as soon as somebody takes them, what is made of one is noted once, and the call ends them", async () => {
  client.startInWriting();
  expect(camera.hurry).not.toHaveBeenCalled();
  const socket = await connect();
  expect(camera.hurry).toHaveBeenCalledOnce();
  socket.say(view);
  socket.say({ type: "transcript-delta", turn: 1, text: "a", stableLength: 0 });
  expect(camera.recognise).toHaveBeenCalledExactlyOnceWith(view);
  socket.break();
  await vi.advanceTimersByTimeAsync(1000);
  expect(camera.leave).not.toHaveBeenCalled();
  const again = await connect();
  expect(camera.hurry).toHaveBeenCalledTimes(2);
  again.say({ type: "error", code: "unauthorized", message: "no key", fatal: true });
  expect(camera.leave).toHaveBeenCalledOnce();
});
