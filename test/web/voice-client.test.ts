import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { decodeFrame } from "../../src/server/frames.ts";
import type { ServerMessage } from "../../src/server/protocol.ts";
import { type Decision, statusOf } from "../../web/client/index.ts";
import { VoiceClient } from "../../web/client/voice-client.ts";
import { microphone, sound } from "./fake-sound.ts";
import { FakeSocket, ready } from "./fake-socket.ts";

vi.mock("../../web/client/sound.ts", async () => ({ Sound: (await import("./fake-sound.ts")).FakeSound }));

const timings = { revisions: 0, discarded: 0, discardedMs: 0 };
let client: VoiceClient;
let socket: FakeSocket;

beforeEach(async () => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  sound.opened.mockResolvedValue(undefined);
  sound.useMicrophone.mockResolvedValue(microphone);
  sound.useLoudspeaker.mockResolvedValue(undefined);
  vi.stubGlobal("fetch", () => Promise.resolve(new Response('{"status":"ready"}')));
  vi.stubGlobal("WebSocket", FakeSocket);
  client = new VoiceClient({ origin: "http://here", worklets: { capture: "", playback: "" } });
  await client.start(undefined);
  await vi.advanceTimersByTimeAsync(0);
  socket = FakeSocket.last;
  socket.dispatchEvent(new Event("open"));
  socket.say(ready);
});
afterEach(async () => {
  await client.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** The microphone hears something that loud for so many frames. */
function hear(level: number, frames = 1): void {
  for (let frame = 0; frame < frames; frame++) {
    const user = new Float32Array(320).fill(level);
    sound.listener?.onFrame({ user, assistant: new Float32Array(320), userLevel: level, assistantLevel: 0 });
  }
}

/** Which of the frames that were sent are silent. */
const silences = (): boolean[] =>
  socket.sent.flatMap((data) =>
    typeof data === "string" ? [] : [decodeFrame(data).payload.every((byte) => byte === 0)],
  );

function answer(turn: number, outcome?: "completed" | "interrupted"): void {
  const messages: ServerMessage[] =
    outcome === undefined
      ? [{ type: "answer-start", turn, seat: 0 }]
      : [{ type: "answer-end", turn, outcome, text: "", timings }];
  for (const message of messages) socket.say(message);
}

test("who is muted sends silence, so that time goes on, and is not drawn as speaking", () => {
  hear(0.5);
  client.setMuted(true);
  hear(0.5);
  expect(silences()).toEqual([false, true]);
  expect(socket.sounds).toEqual([0, 20]);
  expect(client.levels.user).toBe(0);
});

test("with push-to-talk nothing is heard but while the key is held", () => {
  client.setMode("push-to-talk");
  hear(0.5);
  client.setTalking(true);
  hear(0.5);
  client.setTalking(false);
  hear(0.5);
  expect(silences()).toEqual([true, false, true]);
});

/** Somebody speaks, or stops, as the server hears it. */
const speech = (turn: number, type: "speech-start" | "speech-end"): void => {
  socket.say({ type, turn, atMs: 0 });
};

const decide = (turn: number, kind: Decision): void => {
  socket.say({ type: "decision", turn, kind, probability: 1, reason: "", atMs: 0 });
};

/** A patient client keeps the answer of turn 1 back. */
function holdAnswer(): void {
  client.setMode("patient");
  speech(1, "speech-start");
  speech(1, "speech-end");
  answer(1);
  expect(sound.setFloor).toHaveBeenLastCalledWith("paused");
  expect(client.state.isHolding).toBe(true);
}

test("a patient client holds an answer until nobody has spoken for 1.8 s, whatever hums beside the microphone", () => {
  holdAnswer();
  hear(0.5, 50);
  speech(2, "speech-start");
  hear(0.5, 3);
  speech(2, "speech-end");
  hear(0.1, 89);
  expect(client.state.isHolding).toBe(true);
  hear(0.1, 2);
  expect(sound.setFloor).toHaveBeenLastCalledWith("full");
  expect(client.state.isHolding).toBe(false);
});

test.each(["query", "stop"] as const)(
  "a cough does not cost a patient client its answer, a %s does",
  (kind) => {
    holdAnswer();
    socket.receiveSound(1);
    speech(2, "speech-start");
    decide(2, "noise");
    socket.say({ type: "turn-dropped", turn: 2 });
    expect(sound.reset).not.toHaveBeenCalled();
    decide(3, kind);
    expect(sound.reset).toHaveBeenCalledOnce();
    expect(client.state).toMatchObject({ isHolding: false, isAudible: false });
    socket.receiveSound(1);
    expect(sound.play).toHaveBeenCalledOnce();
  },
);

test("of two answers that are kept back only the later one is heard", () => {
  holdAnswer();
  socket.receiveSound(1);
  answer(1, "completed");
  answer(2);
  expect(sound.reset).toHaveBeenCalledOnce();
  expect(sound.setFloor).toHaveBeenLastCalledWith("paused");
  socket.receiveSound(2);
  expect(sound.play).toHaveBeenLastCalledWith(2, expect.anything());
});

test("the loudspeaker waits for no more sound once all of it has come, long before the answer is over", () => {
  answer(1);
  socket.receiveSound(1);
  expect(sound.finish).not.toHaveBeenCalled();
  socket.say({ type: "audio-end", turn: 1 });
  answer(1, "completed");
  expect(sound.finish).toHaveBeenCalledOnce();
});

test("an answer that ends before its first sound is not said to be ready", () => {
  holdAnswer();
  answer(1, "interrupted");
  expect(client.state.isHolding).toBe(false);
});

test("an answer that is kept back is told to be unheard each time, so that the server does not suppose otherwise", () => {
  holdAnswer();
  socket.receiveSound(1);
  for (let report = 0; report < 2; report++)
    sound.listener?.onReport({ turn: 0, playedMs: 0, bufferedMs: 80, underruns: 0 });
  const unheard = { type: "playback", turn: 1, playedMs: 0 };
  expect(socket.said("playback")).toEqual([unheard, unheard]);
  hear(0, 90);
  sound.listener?.onReport({ turn: 1, playedMs: 100, bufferedMs: 80, underruns: 0 });
  expect(socket.said("playback").at(-1)).toEqual({ ...unheard, playedMs: 100 });
});

test("sound that comes after its answer was stopped is not played, that of the next one is", () => {
  answer(1);
  socket.receiveSound(1);
  expect(sound.play).toHaveBeenCalledTimes(1);
  client.interrupt();
  expect(sound.reset).toHaveBeenCalledOnce();
  expect(socket.said("interrupt")).toHaveLength(1);
  socket.receiveSound(1);
  expect(sound.play).toHaveBeenCalledTimes(1);
  answer(1, "interrupted");
  answer(2);
  socket.receiveSound(2);
  expect(sound.play).toHaveBeenCalledTimes(2);
});

test("what is typed while the line is broken is said to be lost, and silences nothing", () => {
  expect(client.sendText("Hello")).toBe(true);
  expect(sound.reset).toHaveBeenCalledOnce();
  socket.break();
  sound.reset.mockClear();
  expect(client.sendText("Hello?")).toBe(false);
  expect(sound.reset).not.toHaveBeenCalled();
});

test("an interruption is told for two seconds, also after a spoken stop, and not while something else begins", () => {
  answer(1);
  speech(2, "speech-start");
  answer(1, "interrupted");
  speech(2, "speech-end");
  socket.say({ type: "turn-dropped", turn: 2 });
  expect(statusOf(client.state)).toBe("interrupted");
  vi.advanceTimersByTime(1999);
  expect(client.state.isInterrupted).toBe(true);
  vi.advanceTimersByTime(1);
  expect(statusOf(client.state)).toBe("listening");
  answer(3, "interrupted");
  speech(4, "speech-start");
  expect(client.state.isInterrupted).toBe(false);
  answer(4, "interrupted");
  answer(5);
  expect(client.state.isInterrupted).toBe(false);
});

test("what has been played is told once, and not when nothing moved", () => {
  answer(1);
  for (const playedMs of [100, 100, 200])
    sound.listener?.onReport({ turn: 1, playedMs, bufferedMs: 80, underruns: 0 });
  expect(socket.said("playback")).toEqual([
    { type: "playback", turn: 1, playedMs: 100 },
    { type: "playback", turn: 1, playedMs: 200 },
  ]);
});

test("a line that breaks silences the loudspeaker: what is in the queue belongs to nobody", () => {
  answer(1);
  socket.receiveSound(1);
  expect(client.state.isAudible).toBe(true);
  socket.break();
  expect(sound.reset).toHaveBeenCalled();
  expect(client.state.isAudible).toBe(false);
});

test("a server that refuses the key is hung up on, so that no microphone listens for nobody", () => {
  socket.say({ type: "error", code: "unauthorized", message: "no key", fatal: true });
  expect(sound.close).toHaveBeenCalledOnce();
  expect(client.state).toMatchObject({
    isStarted: false,
    microphone: undefined,
    conversation: { link: "closed", problem: { code: "unauthorized" } },
  });
});

test("what was played before a new conversation is no part of it", () => {
  answer(1);
  client.restart();
  expect(sound.forget).toHaveBeenCalledOnce();
});
