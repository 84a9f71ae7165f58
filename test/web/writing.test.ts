import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { statusOf } from "../../web/client/index.ts";
import { VoiceClient } from "../../web/client/voice-client.ts";
import { microphone, sound } from "./fake-sound.ts";
import { FakeSocket, ready } from "./fake-socket.ts";

vi.mock("../../web/client/sound.ts", async () => ({ Sound: (await import("./fake-sound.ts")).FakeSound }));

let client: VoiceClient;

beforeEach(async () => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  sound.opened.mockResolvedValue(undefined);
  sound.useMicrophone.mockResolvedValue(microphone);
  vi.stubGlobal("fetch", () => Promise.resolve(new Response('{"status":"ready"}')));
  vi.stubGlobal("WebSocket", FakeSocket);
  client = new VoiceClient({ origin: "http://here", worklets: { capture: "", playback: "" } });
  client.startInWriting();
  await vi.advanceTimersByTimeAsync(0);
  FakeSocket.last.dispatchEvent(new Event("open"));
  FakeSocket.last.say(ready);
});
afterEach(async () => {
  await client.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** The microphone hears 20 ms. */
function hear(): void {
  const silence = new Float32Array(320);
  sound.listener?.onFrame({ user: silence, assistant: silence, userLevel: 0, assistantLevel: 0 });
}

test("who only types is asked for no microphone, and nothing is played to them", () => {
  expect(client.sendText("What is tea?")).toBe(true);
  expect(FakeSocket.last.sent.at(-1)).toBe('{"type":"text","text":"What is tea?"}');
  FakeSocket.last.say({ type: "answer-start", turn: 1, seat: 0 });
  expect(statusOf(client.state)).toBe("writing");
  expect(sound.opened).not.toHaveBeenCalled();
  expect(sound.useMicrophone).not.toHaveBeenCalled();
  expect(client.state).toMatchObject({ isStarted: true, isWritten: true, microphoneProblem: undefined });
});

test("the server is told that answers are read, and that they are heard once there is a loudspeaker", async () => {
  const { last } = FakeSocket;
  expect(last.said("hello")).toMatchObject([{ settings: { spoken: false } }]);
  await client.start(undefined);
  expect(last.said("settings")).toEqual([{ type: "settings", spoken: true }]);
});

test("pictures bear the time at which they were in view, on a clock that goes on with the sound", async () => {
  const picture = Uint8Array.of(1);
  await vi.advanceTimersByTimeAsync(1000);
  client.sendPicture(picture, client.captureMs);
  await vi.advanceTimersByTimeAsync(1000);
  client.sendPicture(picture, client.captureMs);
  await client.start(undefined);
  hear();
  hear();
  expect(FakeSocket.last.sounds).toEqual([1000, 2000, 2000, 2020]);
});

test("a frame of a call that is over does not stop the clock of the next conversation, in writing", async () => {
  await client.start(undefined);
  hear();
  await client.stop();
  client.startInWriting();
  hear();
  await vi.advanceTimersByTimeAsync(1000);
  expect(client.captureMs).toBe(1020);
});

test("where the browser has no sound for the page, answers are read", async () => {
  sound.opened.mockRejectedValue(new Error("no sound"));
  await client.start(undefined);
  expect(FakeSocket.last.said("settings").at(-1)).toEqual({ type: "settings", spoken: false });
  sound.opened.mockResolvedValue(undefined);
  await client.useMicrophone("m");
  expect(FakeSocket.last.said("settings").at(-1)).toEqual({ type: "settings", spoken: true });
});

test("a conversation in writing goes on aloud, over the same connection", async () => {
  const { last } = FakeSocket;
  await client.start(undefined);
  expect(FakeSocket.last).toBe(last);
  expect(sound.useMicrophone).toHaveBeenCalledOnce();
  expect(client.state).toMatchObject({ isWritten: false, microphone });
  expect(statusOf(client.state)).toBe("listening");
});

test("who talks already does not lose the microphone by typing", async () => {
  await client.start(undefined);
  client.startInWriting();
  expect(client.state).toMatchObject({ isWritten: false, microphone });
});

test("who hangs up starts anew", async () => {
  await client.stop();
  expect(client.state).toMatchObject({ isStarted: false, isWritten: false });
  expect(statusOf(client.state)).toBe("off");
});
