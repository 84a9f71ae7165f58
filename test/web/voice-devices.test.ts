import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { statusOf } from "../../web/client/status.ts";
import { VoiceClient } from "../../web/client/voice-client.ts";
import { microphone, sound } from "./fake-sound.ts";
import { FakeSocket, ready } from "./fake-socket.ts";

vi.mock("../../web/client/sound.ts", async () => ({ Sound: (await import("./fake-sound.ts")).FakeSound }));

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

const SILENCE = new Float32Array(320);
const FRAME = { user: SILENCE, assistant: SILENCE, userLevel: 0, assistantLevel: 0 };

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

test("without a microphone the reason is shown and one can type", async () => {
  sound.useMicrophone.mockRejectedValueOnce(new DOMException("no", "NotAllowedError"));
  await client.useMicrophone(undefined);
  expect(client.state).toMatchObject({ microphone: undefined, microphoneProblem: "NotAllowedError" });
  client.sendText("Hello");
  expect(socket.said("text")).toEqual([{ type: "text", text: "Hello" }]);
  await client.useMicrophone("m");
  expect(client.state).toMatchObject({ microphone, microphoneProblem: undefined });
});

test("while the browser has stopped the sound nobody is said to be listened to, and time goes on for pictures", async () => {
  sound.listener?.onFrame(FRAME);
  sound.listener?.onSuspended(true);
  expect(client.state.isSuspended).toBe(true);
  expect(statusOf(client.state)).toBe("deaf");
  const stoppedMs = client.captureMs;
  await vi.advanceTimersByTimeAsync(5000);
  expect(client.captureMs - stoppedMs).toBeCloseTo(5000);
  client.goOn();
  expect(sound.goOn).toHaveBeenCalledOnce();
  sound.listener?.onSuspended(false);
  sound.listener?.onFrame(FRAME);
  expect(statusOf(client.state)).toBe("listening");
  expect(client.captureMs - stoppedMs).toBeCloseTo(5020);
});

test("of an answer whose sound is stopped no more is said to be heard than was, until it goes on", async () => {
  socket.say({ type: "answer-start", turn: 1, seat: 0 });
  const report = (playedMs: number): void =>
    sound.listener?.onReport({ turn: 1, playedMs, bufferedMs: 500, underruns: 0 });
  report(120.4);
  sound.listener?.onSuspended(true);
  expect(statusOf(client.state)).toBe("deaf");
  await vi.advanceTimersByTimeAsync(300);
  // What is asked meanwhile is answered in writing.
  expect(socket.said("settings").at(-1)).toMatchObject({ spoken: false });
  sound.listener?.onSuspended(false);
  expect(socket.said("settings").at(-1)).toMatchObject({ spoken: true });
  await vi.advanceTimersByTimeAsync(300);
  report(150);
  expect(socket.said("playback").map(({ playedMs }) => playedMs)).toEqual([120, 120, 120, 120, 150]);
});

test("a call that ends while the sound is stopped leaves nothing to go on with", async () => {
  sound.listener?.onSuspended(true);
  await client.stop();
  expect(client.state.isSuspended).toBe(false);
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
  socket.say({ type: "answer-start", turn: 1, seat: 0 });
  socket.receiveSound(1);
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
