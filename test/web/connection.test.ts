import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { encodeFrame } from "../../src/server/frames.ts";
import type { ServerMessage } from "../../src/server/protocol.ts";
import { Connection } from "../../web/client/connection.ts";
import { FakeSocket, ready } from "./fake-socket.ts";

const frame = new Float32Array(320);
const listener = {
  onMessage: vi.fn<(message: ServerMessage) => void>(),
  onSound: vi.fn<(turn: number, samples: Float32Array) => void>(),
  onIgnored: vi.fn<() => void>(),
  onRoundTrip: vi.fn<(ms: number) => void>(),
  onEncoderFailure: vi.fn<() => void>(),
  onClose: vi.fn<(code: number) => void>(),
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.clearAllMocks();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function connect(resume?: string): { connection: Connection; socket: FakeSocket } {
  const connection = new Connection(
    "ws://here/v1/conversation",
    { resume, settings: {}, isOpus: false },
    listener,
  );
  const socket = FakeSocket.last;
  socket.dispatchEvent(new Event("open"));
  return { connection, socket };
}

test("hello names the formats, and the session of a connection that broke", () => {
  const { socket } = connect("abc");
  expect(JSON.parse(String(socket.sent[0]))).toMatchObject({
    type: "hello",
    version: 1,
    input: { format: "pcm16", sampleRate: 16_000 },
    resume: "abc",
    views: true,
  });
  expect(JSON.parse(String(connect().socket.sent[0]))).not.toHaveProperty("resume");
});

test("sound that a slow network cannot take is dropped, not queued", () => {
  const { connection, socket } = connect();
  socket.say(ready);
  connection.sendSound(frame, 0);
  socket.bufferedAmount = 100;
  vi.advanceTimersByTime(1100);
  connection.sendSound(frame, 20);
  expect(connection.sendPicture(new Uint8Array(3), 0)).toBe(false);
  socket.bufferedAmount = 0;
  connection.sendSound(frame, 40);
  expect(socket.sounds).toEqual([0, 40]);
  expect(connection.droppedFrames).toBe(1);
});

test("what is no message of the protocol is counted and changes nothing", () => {
  const { socket } = connect();
  socket.say(ready);
  socket.receive("nonsense");
  socket.receive('{"dance":true}');
  socket.receive('{"type":"transcript-end","turn":-1,"text":3}');
  socket.receive(new ArrayBuffer(3));
  expect(listener.onIgnored).toHaveBeenCalledTimes(4);
  expect(listener.onMessage).toHaveBeenCalledTimes(1);
});

test("a message of a type that a later server may send is passed over, and is no nonsense", () => {
  const { socket } = connect();
  socket.say(ready);
  socket.receive('{"type":"dance","turn":1}');
  expect(listener.onIgnored).not.toHaveBeenCalled();
  expect(listener.onMessage).toHaveBeenCalledTimes(1);
});

test("a server that says nothing but what only a later client would understand is given up", () => {
  const { socket } = connect();
  socket.say(ready);
  for (let second = 0; second < 60; second++) {
    socket.receive('{"type":"dance"}');
    vi.advanceTimersByTime(1000);
  }
  expect(listener.onClose).toHaveBeenCalledExactlyOnceWith(1006);
});

test("what is said to nobody is said to be lost", () => {
  const { connection, socket } = connect();
  expect(connection.send({ type: "text", text: "Hello" })).toBe(true);
  socket.break();
  expect(connection.send({ type: "text", text: "Hello?" })).toBe(false);
});

test("sound of an answer arrives with its turn", () => {
  const { socket } = connect();
  const bytes = encodeFrame({ kind: "audio-out", turn: 7, timestampMs: 0, payload: new Uint8Array([0, 64]) });
  socket.receive(new Uint8Array(bytes).buffer);
  expect(listener.onSound).toHaveBeenCalledWith(7, new Float32Array([0.5]));
});

test("a server that says nothing any more is given up, once", () => {
  const { socket } = connect();
  socket.say(ready);
  vi.advanceTimersByTime(60_000);
  expect(listener.onClose).toHaveBeenCalledExactlyOnceWith(1006);
  socket.dispatchEvent(Object.assign(new Event("close"), { code: 1006 }));
  expect(listener.onClose).toHaveBeenCalledTimes(1);
});

test("a server that never says that it is ready is given up, however much else it says", () => {
  const { socket } = connect();
  for (let second = 0; second < 20; second++) {
    socket.say({ type: "pong" });
    vi.advanceTimersByTime(1000);
  }
  expect(listener.onClose).toHaveBeenCalledExactlyOnceWith(1006);
});

test("nonsense is no sign of life", () => {
  const { socket } = connect();
  socket.say(ready);
  for (let second = 0; second < 20; second++) {
    socket.receive("nonsense");
    vi.advanceTimersByTime(1000);
  }
  expect(listener.onClose).toHaveBeenCalledExactlyOnceWith(1006);
});

test("a page whose timers the browser slows down does not take a server for gone that was not asked", () => {
  const { connection, socket } = connect();
  socket.say(ready);
  socket.say({ type: "pong", id: 1 });
  vi.spyOn(performance, "now").mockReturnValueOnce(60_000);
  vi.advanceTimersToNextTimer();
  expect(listener.onClose).not.toHaveBeenCalled();
  connection.close();
});

test("sound that no server sends is counted and not played", () => {
  const { socket } = connect();
  const bytes = encodeFrame({ kind: "audio-in", turn: 0, timestampMs: 0, payload: new Uint8Array([0, 64]) });
  socket.receive(new Uint8Array(bytes).buffer);
  expect(listener.onIgnored).toHaveBeenCalledOnce();
  expect(listener.onSound).not.toHaveBeenCalled();
});

test("hanging up says a clean goodbye, so that the server does not keep the conversation", () => {
  const { connection, socket } = connect();
  connection.close();
  expect(socket.closedWith).toBe(1000);
});

test("a connection that is given up before it opened is closed, so that its hello does not come late", () => {
  new Connection("ws://here/v1/conversation", { resume: "abc", settings: {}, isOpus: false }, listener);
  const socket = FakeSocket.last;
  socket.readyState = FakeSocket.CONNECTING;
  vi.advanceTimersByTime(20_000);
  expect(listener.onClose).toHaveBeenCalledExactlyOnceWith(1006);
  expect(socket.closedWith).toBe(1000);
});
