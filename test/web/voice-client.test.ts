import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { decodeFrame, encodeFrame } from "../../src/server/frames.ts";
import type { ServerMessage } from "../../src/server/protocol.ts";
import type { SoundListener } from "../../web/client/sound.ts";
import { VoiceClient } from "../../web/client/voice-client.ts";
import { FakeSocket, ready } from "./fake-socket.ts";

/** Microphone and loudspeaker, as the test plays them. */
const sound = vi.hoisted(() => ({
  listener: undefined as SoundListener | undefined,
  opened: vi.fn(),
  useMicrophone: vi.fn(),
  useLoudspeaker: vi.fn(),
  play: vi.fn(),
  finish: vi.fn(),
  reset: vi.fn(),
  forget: vi.fn(),
  setFloor: vi.fn(),
  close: vi.fn(() => Promise.resolve()),
}));
vi.mock("../../web/client/sound.ts", () => ({
  Sound: {
    open: async (_worklets: unknown, listener: SoundListener) => {
      sound.listener = listener;
      await sound.opened();
      return sound;
    },
  },
}));

const microphone = { deviceId: "m", label: "Mic", sampleRate: 48_000, echoCancellation: "all" };
const timings = { revisions: 0, discardedMs: 0 };
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

function receiveSound(turn: number): void {
  const payload = new Uint8Array([0, 64]);
  socket.receive(new Uint8Array(encodeFrame({ kind: "audio-out", turn, timestampMs: 0, payload })).buffer);
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

test("a patient client holds an answer until it has been quiet for 1.8 s", () => {
  client.setMode("patient");
  answer(1);
  expect(sound.setFloor).toHaveBeenLastCalledWith("paused");
  expect(client.state.isHolding).toBe(true);
  hear(0.5, 3);
  hear(0, 89);
  expect(client.state.isHolding).toBe(true);
  hear(0, 2);
  expect(sound.setFloor).toHaveBeenLastCalledWith("full");
  expect(client.state.isHolding).toBe(false);
});

test("a patient client throws the answer away unheard where the user goes on", () => {
  client.setMode("patient");
  answer(1);
  socket.say({ type: "speech-start", turn: 2, atMs: 0 });
  expect(sound.reset).toHaveBeenCalledOnce();
  expect(client.state.isHolding).toBe(false);
});

test("sound that comes after its answer was stopped is not played, that of the next one is", () => {
  answer(1);
  receiveSound(1);
  expect(sound.play).toHaveBeenCalledTimes(1);
  client.interrupt();
  expect(sound.reset).toHaveBeenCalledOnce();
  expect(socket.said("interrupt")).toHaveLength(1);
  receiveSound(1);
  expect(sound.play).toHaveBeenCalledTimes(1);
  answer(1, "interrupted");
  answer(2);
  receiveSound(2);
  expect(sound.play).toHaveBeenCalledTimes(2);
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

test("without a microphone the reason is shown and one can type", async () => {
  sound.useMicrophone.mockRejectedValueOnce(new DOMException("no", "NotAllowedError"));
  await client.useMicrophone(undefined);
  expect(client.state).toMatchObject({ microphone: undefined, microphoneProblem: "NotAllowedError" });
  client.sendText("Hello");
  expect(socket.said("text")).toEqual([{ type: "text", text: "Hello" }]);
  await client.useMicrophone("m");
  expect(client.state).toMatchObject({ microphone, microphoneProblem: undefined });
});

test("a line that breaks silences the loudspeaker: what is in the queue belongs to nobody", () => {
  answer(1);
  receiveSound(1);
  expect(client.state.isAudible).toBe(true);
  socket.break();
  expect(sound.reset).toHaveBeenCalled();
  expect(client.state.isAudible).toBe(false);
});

test("who hangs up before the sound is open is not listened to afterwards", async () => {
  await client.stop();
  vi.clearAllMocks();
  let open = (): void => undefined;
  sound.opened.mockReturnValueOnce(new Promise<void>((resolve) => (open = resolve)));
  const started = client.start(undefined);
  await client.stop();
  open();
  await started;
  expect(sound.close).toHaveBeenCalledOnce();
  expect(sound.useMicrophone).not.toHaveBeenCalled();
  expect(client.state).toMatchObject({
    isStarted: false,
    microphone: undefined,
    microphoneProblem: undefined,
  });
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

/** What the browser still asks its user about, until `grant`. */
function question<Granted>(answered: () => Granted): {
  readonly granted: Promise<Granted>;
  readonly grant: () => void;
} {
  let grant = (): void => undefined;
  const granted = new Promise<void>((resolve) => {
    grant = resolve;
  }).then(answered);
  return { granted, grant };
}

const refuse = (): never => {
  throw new DOMException("gone", "NotFoundError");
};

test("of two microphones that are asked for at a time the later one counts, whatever becomes of the other", async () => {
  for (const answered of [() => microphone, refuse]) {
    const { granted, grant } = question(answered);
    sound.useMicrophone.mockReturnValueOnce(granted);
    const asked = client.useMicrophone("slow");
    await vi.advanceTimersByTimeAsync(0);
    const quick = { ...microphone, deviceId: "quick" };
    sound.useMicrophone.mockResolvedValueOnce(quick);
    await client.useMicrophone("quick");
    grant();
    await asked;
    expect(client.state).toMatchObject({ microphone: quick, microphoneProblem: undefined });
  }
});

test("a loudspeaker that is refused after hanging up is none of the next call's", async () => {
  const { granted, grant } = question(refuse);
  sound.useLoudspeaker.mockReturnValueOnce(granted);
  const asked = client.useLoudspeaker("gone");
  await client.stop();
  grant();
  await asked;
  expect(client.state.isLoudspeakerRefused).toBe(false);
});

test("a microphone that is granted after hanging up is none of the next call's", async () => {
  const { granted, grant } = question(() => microphone);
  sound.useMicrophone.mockReturnValueOnce(granted);
  const asked = client.useMicrophone("other");
  await client.stop();
  grant();
  await asked;
  expect(client.state.microphone).toBeUndefined();
});

test("a page without any sound says so, can be typed into, and waits for nothing that nobody hears", async () => {
  await client.stop();
  sound.opened.mockRejectedValueOnce(new TypeError("no AudioWorklet here"));
  client.setMode("patient");
  await client.start(undefined);
  expect(client.state).toMatchObject({ isStarted: true, microphoneProblem: "no-sound" });
  await vi.advanceTimersByTimeAsync(0);
  socket = FakeSocket.last;
  socket.say(ready);
  client.sendText("Hello");
  expect(socket.said("text")).toHaveLength(1);
  answer(1);
  receiveSound(1);
  expect(client.state).toMatchObject({ isAudible: false, isHolding: false });
  await client.useMicrophone(undefined);
  expect(client.state).toMatchObject({ microphone, microphoneProblem: undefined });
});

test("the loudspeaker that was chosen once plays from the start, and one that is gone is said to be", async () => {
  await client.stop();
  sound.useLoudspeaker.mockRejectedValueOnce(new DOMException("gone", "NotFoundError"));
  await client.start(undefined, "speaker");
  expect(sound.useLoudspeaker).toHaveBeenCalledWith("speaker");
  expect(client.state.isLoudspeakerRefused).toBe(true);
  await client.useLoudspeaker("");
  expect(client.state.isLoudspeakerRefused).toBe(false);
});

test("what was played before a new conversation is no part of it", () => {
  answer(1);
  client.restart();
  expect(sound.forget).toHaveBeenCalledOnce();
});
