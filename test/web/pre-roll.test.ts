import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { PreRoll } from "../../web/client/pre-roll.ts";
import { Session } from "../../web/client/session.ts";
import { FakeSocket, ready } from "./fake-socket.ts";

const frame = new Float32Array(320);
const nothing = (): void => undefined;
let session: Session;
/** Frames that were captured so far. */
let captured = 0;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", () => Promise.resolve(new Response('{"status":"ready"}')));
  vi.stubGlobal("WebSocket", FakeSocket);
  captured = 0;
  session = new Session("http://here", {
    onChange: nothing,
    onMessage: nothing,
    onSound: nothing,
    onBreak: nothing,
  });
});
afterEach(() => {
  session.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** The microphone goes on for so many frames of 20 ms. */
function capture(frames: number): void {
  for (let count = 0; count < frames; count++) session.sendSound(frame, 20 * captured++);
}

/** Opens what the session has dialled, and greets it where `isReady`. */
async function connect(isReady = true): Promise<FakeSocket> {
  await vi.advanceTimersByTimeAsync(300);
  const socket = FakeSocket.last;
  socket.dispatchEvent(new Event("open"));
  if (isReady) socket.say({ ...ready, resumed: true });
  return socket;
}

/** When the frames from `first` to before `end` were captured. */
const timesOf = (first: number, end: number): number[] =>
  Array.from({ length: end - first }, (_, at) => 20 * (first + at));

test("half a second is kept in its order, and once", () => {
  const preRoll = new PreRoll();
  const kept = timesOf(0, 27).map((timestampMs) => preRoll.push({ samples: frame, timestampMs }));
  expect(kept.lastIndexOf(true)).toBe(24);
  expect(preRoll.take().map(({ timestampMs }) => timestampMs)).toEqual(timesOf(2, 27));
  expect(preRoll.take()).toEqual([]);
});

test("of what is said before the server is ready the last half second is sent, and nobody counts the rest", async () => {
  session.open();
  capture(10);
  const socket = await connect(false);
  capture(30);
  expect(socket.sounds).toEqual([]);
  socket.say(ready);
  expect(socket.sounds).toEqual(timesOf(15, 40));
  capture(1);
  expect(socket.sounds.at(-1)).toBe(800);
  expect(session.droppedFrames).toBe(0);
});

test("what is said while the line is mended reaches the next connection, up to half a second; the rest is counted", async () => {
  session.open();
  const first = await connect();
  capture(5);
  first.break();
  capture(20);
  const second = await connect(false);
  capture(12);
  expect(session.droppedFrames).toBe(7);
  second.say({ ...ready, resumed: true });
  expect(second.sounds).toEqual(timesOf(12, 37));
  expect(first.sounds).toEqual(timesOf(0, 5));
  expect(session.droppedFrames).toBe(7);
});

test("connections that never become ready take nothing of it with them, and what was dropped stays counted", async () => {
  session.open();
  (await connect()).break();
  capture(10);
  (await connect(false)).break();
  capture(20);
  await vi.advanceTimersByTimeAsync(700);
  const third = await connect();
  expect(third.sounds).toEqual(timesOf(5, 30));
  expect(session.droppedFrames).toBe(5);
});

test("who hangs up is not heard afterwards, and what is said until the next call is not kept", async () => {
  session.open();
  (await connect()).break();
  capture(30);
  session.close();
  capture(10);
  expect(session.droppedFrames).toBe(0);
  session.open();
  expect((await connect()).sounds).toEqual([]);
});
