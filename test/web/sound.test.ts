import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Sound } from "../../web/client/sound.ts";

/** A track of the microphone, which says whether it is still on. */
class FakeTrack extends EventTarget {
  readonly label = "Mic";
  isOn = true;
  stop = (): void => {
    this.isOn = false;
  };
  getSettings = (): MediaTrackSettings => ({ deviceId: "m", sampleRate: 48_000, echoCancellation: true });
}

class FakeContext extends EventTarget {
  static last: FakeContext;
  state = "running";
  readonly sampleRate = 48_000;
  readonly destination = {};
  readonly audioWorklet = { addModule };
  resume = vi.fn(() => Promise.resolve());
  close = vi.fn(() => Promise.resolve());
  createMediaStreamSource = () => ({ connect: vi.fn(), disconnect: vi.fn() });

  constructor() {
    super();
    FakeContext.last = this;
  }
}

const addModule = vi.fn<() => Promise<void>>();
const getUserMedia = vi.fn<(constraints: MediaStreamConstraints) => Promise<MediaStream>>();
const listener = { onFrame: vi.fn(), onReport: vi.fn(), onMicrophoneLost: vi.fn(), onSuspended: vi.fn() };
let track: FakeTrack;

beforeEach(() => {
  vi.clearAllMocks();
  track = new FakeTrack();
  addModule.mockResolvedValue(undefined);
  getUserMedia.mockImplementation(() => {
    const tracks = [track];
    return Promise.resolve({
      getTracks: () => tracks,
      getAudioTracks: () => tracks,
    } as unknown as MediaStream);
  });
  vi.stubGlobal("AudioContext", FakeContext);
  vi.stubGlobal(
    "AudioWorkletNode",
    class {
      port = { postMessage: vi.fn() };
      connect = vi.fn();
    },
  );
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const open = async (): Promise<Sound> => await Sound.open({ capture: "", playback: "" }, listener);

/** What was asked for each time. */
const asked = (): unknown[] =>
  getUserMedia.mock.calls.map(([{ audio }]) => (audio as MediaTrackConstraints).echoCancellation);

test("echo is cancelled of all that is played where the browser knows that, and as it can otherwise", async () => {
  const sound = await open();
  await sound.useMicrophone(undefined);
  expect(asked()).toEqual(["all"]);
  getUserMedia.mockRejectedValueOnce(new TypeError("no boolean"));
  expect(await sound.useMicrophone(undefined)).toMatchObject({ label: "Mic", echoCancellation: "true" });
  expect(asked()).toEqual(["all", "all", true]);
});

test("a microphone that is granted when all is closed is switched off at once", async () => {
  const sound = await open();
  const stream = await getUserMedia({});
  let grant = (): void => undefined;
  getUserMedia.mockReturnValueOnce(
    new Promise((resolve) => {
      grant = () => {
        resolve(stream);
      };
    }),
  );
  const used = sound.useMicrophone(undefined);
  await sound.close();
  grant();
  await expect(used).rejects.toThrow("not wanted");
  expect(track.isOn).toBe(false);
});

test("the microphone before is switched off by the one that takes its place, and the last by closing", async () => {
  const sound = await open();
  await sound.useMicrophone(undefined);
  const first = track;
  track = new FakeTrack();
  await sound.useMicrophone("other");
  expect([first.isOn, track.isOn]).toEqual([false, true]);
  first.dispatchEvent(new Event("ended"));
  expect(listener.onMicrophoneLost).not.toHaveBeenCalled();
  await sound.close();
  expect(track.isOn).toBe(false);
});

test("a microphone that the browser grants and cannot join to the sound is switched off", async () => {
  const sound = await open();
  FakeContext.last.createMediaStreamSource = () => {
    throw new DOMException("another rate", "NotSupportedError");
  };
  await expect(sound.useMicrophone(undefined)).rejects.toThrow("another rate");
  expect(track.isOn).toBe(false);
});

test("where another microphone is refused, the one before does not go on listening", async () => {
  const sound = await open();
  await sound.useMicrophone(undefined);
  getUserMedia.mockRejectedValueOnce(new DOMException("gone", "NotFoundError"));
  await expect(sound.useMicrophone("gone")).rejects.toThrow("gone");
  expect(track.isOn).toBe(false);
});

test("a refusal that comes late does not switch off the microphone that was chosen since", async () => {
  const sound = await open();
  let refuse = (): void => undefined;
  getUserMedia.mockReturnValueOnce(
    new Promise((_, reject) => {
      refuse = () => {
        reject(new DOMException("gone", "NotFoundError"));
      };
    }),
  );
  const used = sound.useMicrophone("gone");
  await sound.useMicrophone("other");
  refuse();
  await expect(used).rejects.toThrow("gone");
  expect(track.isOn).toBe(true);
});

test("of two microphones that are asked for at a time the later one stays, and the other is switched off", async () => {
  const sound = await open();
  const slow = track;
  const stream = await getUserMedia({});
  let grant = (): void => undefined;
  getUserMedia.mockReturnValueOnce(
    new Promise((resolve) => {
      grant = () => {
        resolve(stream);
      };
    }),
  );
  const used = sound.useMicrophone("slow");
  track = new FakeTrack();
  await sound.useMicrophone("quick");
  grant();
  await expect(used).rejects.toThrow("not wanted");
  expect([slow.isOn, track.isOn]).toEqual([false, true]);
});

test("a browser without worklets keeps nothing open", async () => {
  addModule.mockRejectedValueOnce(new DOMException("not here", "AbortError"));
  await expect(open()).rejects.toThrow("not here");
  expect(FakeContext.last.close).toHaveBeenCalledOnce();
});

test("sound that a phone call has taken comes back, at the second try where the first is refused", async () => {
  await open();
  const context = FakeContext.last;
  context.resume.mockRejectedValueOnce(new DOMException("in a call", "InvalidStateError"));
  context.state = "interrupted";
  context.dispatchEvent(new Event("statechange"));
  context.state = "suspended";
  context.dispatchEvent(new Event("statechange"));
  expect(context.resume).toHaveBeenCalledTimes(3);
  context.state = "running";
  context.dispatchEvent(new Event("statechange"));
  expect(listener.onSuspended.mock.calls).toEqual([[true], [true], [false]]);
});
