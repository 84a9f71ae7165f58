import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Camera } from "../../web/client/camera.ts";

class FakeTrack extends EventTarget {
  isOn = true;
  stop = (): void => {
    this.isOn = false;
  };
}

/** A stream as far as the camera looks into it. */
function fakeStream(): { readonly track: FakeTrack; readonly stream: MediaStream } {
  const track = new FakeTrack();
  const stream = { getTracks: () => [track], getVideoTracks: () => [track] };
  return { track, stream: stream as unknown as MediaStream };
}

const play = vi.fn<() => Promise<void>>();
const getUserMedia = vi.fn<(constraints?: MediaStreamConstraints) => Promise<MediaStream>>();
const getDisplayMedia = vi.fn<() => Promise<MediaStream>>();
const createImageBitmap = vi.fn<() => Promise<unknown>>();
const send = vi.fn<(payload: Uint8Array, clockMs: number) => boolean>();
/** What the canvas does before it hands a JPEG over. */
let whileEncoding = (): void => undefined;
let clockMs = 0;
let camera: Camera;

beforeEach(() => {
  vi.useFakeTimers();
  play.mockResolvedValue(undefined);
  send.mockReturnValue(true);
  const canvas = {
    getContext: () => ({ drawImage: vi.fn() }),
    toBlob: (take: (blob: Blob) => void) => {
      whileEncoding();
      take(new Blob(["jpeg"]));
    },
  };
  const video = { play, videoWidth: 1280, videoHeight: 720 };
  vi.stubGlobal("document", { createElement: (name: string) => (name === "video" ? video : canvas) });
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia, getDisplayMedia } });
  vi.stubGlobal("createImageBitmap", createImageBitmap);
  clockMs = 0;
  whileEncoding = () => undefined;
  camera = new Camera({ send, clockMs: () => clockMs, onChange: vi.fn() });
});
afterEach(() => {
  camera.stop();
  // What one test had the browser answer is not to be answered in the next one.
  for (const mock of [play, getUserMedia, getDisplayMedia, createImageBitmap, send]) mock.mockReset();
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** What the browser still asks its user about, until `grant`. */
function question<Granted>(granted: Granted): {
  readonly asked: Promise<Granted>;
  readonly grant: () => void;
} {
  let grant = (): void => undefined;
  const asked = new Promise<Granted>((resolve) => {
    grant = () => {
      resolve(granted);
    };
  });
  return { asked, grant };
}

test("what is seen is sent once a second and shown as it was sent, until it is switched off", async () => {
  const { stream, track } = fakeStream();
  getUserMedia.mockResolvedValueOnce(stream);
  await camera.show("camera");
  await vi.advanceTimersByTimeAsync(4500);
  expect(send).toHaveBeenCalledTimes(5);
  expect(camera.state).toMatchObject({ source: "camera", sent: [{ bytes: 4 }, {}, {}] });
  camera.stop();
  await vi.advanceTimersByTimeAsync(5000);
  expect(send).toHaveBeenCalledTimes(5);
  expect(track.isOn).toBe(false);
  expect(camera.state).toMatchObject({ source: undefined, sent: [] });
});

test("a picture counts from when it was in view, not from when it was encoded", async () => {
  whileEncoding = () => {
    vi.setSystemTime(9000);
    clockMs = 700;
  };
  vi.setSystemTime(5000);
  clockMs = 300;
  getUserMedia.mockResolvedValueOnce(fakeStream().stream);
  await camera.show("camera");
  await vi.advanceTimersByTimeAsync(10);
  expect(send).toHaveBeenCalledExactlyOnceWith(expect.anything(), 300);
  expect(camera.state.sent[0]?.at).toEqual(new Date(5000));
});

test("what was in view before something else was chosen is not sent any more", async () => {
  getUserMedia.mockResolvedValueOnce(fakeStream().stream);
  getDisplayMedia.mockResolvedValueOnce(fakeStream().stream);
  let switched = Promise.resolve();
  whileEncoding = () => {
    whileEncoding = () => undefined;
    clockMs = 300;
    switched = camera.show("screen");
  };
  await camera.show("camera");
  await switched;
  await vi.advanceTimersByTimeAsync(500);
  expect(camera.state).toMatchObject({ source: "screen", sent: [{ bytes: 4 }] });
  expect(send).toHaveBeenCalledExactlyOnceWith(expect.anything(), 300);
});

test("a picture that nobody took is not shown as sent", async () => {
  send.mockReturnValue(false);
  getUserMedia.mockResolvedValueOnce(fakeStream().stream);
  await camera.show("camera");
  await vi.advanceTimersByTimeAsync(1500);
  expect(camera.state.sent).toEqual([]);
});

test("a camera that is granted after it was switched off does not go on", async () => {
  const { stream, track } = fakeStream();
  const { asked, grant } = question(stream);
  getUserMedia.mockReturnValueOnce(asked);
  const shown = camera.show("camera");
  camera.stop();
  grant();
  await shown;
  await vi.advanceTimersByTimeAsync(3000);
  expect(track.isOn).toBe(false);
  expect(camera.state.source).toBeUndefined();
  expect(send).not.toHaveBeenCalled();
});

test("of two that are asked for at a time the later one is shown, and the other is off", async () => {
  const first = fakeStream();
  const second = fakeStream();
  const { asked, grant } = question(first.stream);
  getUserMedia.mockReturnValueOnce(asked);
  getDisplayMedia.mockResolvedValueOnce(second.stream);
  const shown = camera.show("camera");
  await camera.show("screen");
  grant();
  await shown;
  expect([first.track.isOn, second.track.isOn]).toEqual([false, true]);
  expect(camera.state.stream).toBe(second.stream);
});

test("who closes the list of screens goes on with the camera, and is told of nothing", async () => {
  const { stream, track } = fakeStream();
  getUserMedia.mockResolvedValueOnce(stream);
  await camera.show("camera");
  getDisplayMedia.mockRejectedValueOnce(new DOMException("cancelled", "NotAllowedError"));
  await camera.show("screen");
  expect(track.isOn).toBe(true);
  expect(camera.state).toMatchObject({ source: "camera", stream, problem: undefined });
  send.mockClear();
  await vi.advanceTimersByTimeAsync(1000);
  expect(send).toHaveBeenCalledOnce();
});

test("a screen that is picked takes the camera's place, and one that cannot be shown is said so", async () => {
  const [shown, screen] = [fakeStream(), fakeStream()];
  getUserMedia.mockResolvedValueOnce(shown.stream);
  await camera.show("camera");
  getDisplayMedia.mockResolvedValueOnce(screen.stream);
  await camera.show("screen");
  expect([shown.track.isOn, screen.track.isOn]).toEqual([false, true]);
  expect(camera.state).toMatchObject({ source: "screen", stream: screen.stream });
  getDisplayMedia.mockRejectedValueOnce(new DOMException("busy", "NotReadableError"));
  await camera.show("screen");
  expect(camera.state).toMatchObject({ source: undefined, problem: "NotReadableError" });
});

test("a film that does not start leaves no camera on", async () => {
  const { stream, track } = fakeStream();
  getUserMedia.mockResolvedValueOnce(stream);
  play.mockRejectedValueOnce(new DOMException("no", "NotSupportedError"));
  await camera.show("camera");
  expect(track.isOn).toBe(false);
  expect(camera.state).toMatchObject({ source: undefined, problem: "NotSupportedError" });
});

test("a camera that goes away is said to, a screen whose sharing ends is not", async () => {
  const unplugged = fakeStream();
  getUserMedia.mockResolvedValueOnce(unplugged.stream);
  await camera.show("camera");
  unplugged.track.dispatchEvent(new Event("ended"));
  expect(camera.state).toMatchObject({ source: undefined, problem: "lost" });
  const ended = fakeStream();
  getDisplayMedia.mockResolvedValueOnce(ended.stream);
  await camera.show("screen");
  ended.track.dispatchEvent(new Event("ended"));
  expect(camera.state).toMatchObject({ source: undefined, problem: undefined });
});

test("a picture that is read after the camera was chosen instead is not shown, and one that is none is said so", async () => {
  const close = vi.fn();
  const { asked, grant } = question({ width: 2, height: 2, close });
  createImageBitmap.mockReturnValueOnce(asked);
  const shown = camera.showFile(new Blob());
  getUserMedia.mockResolvedValueOnce(fakeStream().stream);
  await camera.show("camera");
  grant();
  await shown;
  expect(close).toHaveBeenCalledOnce();
  expect(camera.state.source).toBe("camera");
  createImageBitmap.mockRejectedValueOnce(new DOMException("no picture", "InvalidStateError"));
  await camera.showFile(new Blob());
  expect(camera.state).toMatchObject({ source: undefined, problem: "not-a-picture" });
});

test("a picture that is chosen before anybody takes pictures is kept, and sent as soon as somebody does", async () => {
  let isOpen = false;
  camera = new Camera({ send, clockMs: () => 0, isAwaited: () => isOpen, onChange: vi.fn() });
  createImageBitmap.mockResolvedValueOnce({ width: 2, height: 2, close: vi.fn() });
  await camera.showFile(new Blob(["picture"]));
  await vi.advanceTimersByTimeAsync(3500);
  expect(send).not.toHaveBeenCalled();
  expect(camera.state).toMatchObject({ source: "file", sent: [] });
  expect(camera.state.chosen).toMatch(/^blob:/u);
  isOpen = true;
  camera.hurry();
  await vi.advanceTimersByTimeAsync(1);
  expect(send).toHaveBeenCalledOnce();
  expect(camera.state.sent).toHaveLength(1);
  camera.stop();
  expect(camera.state.chosen).toBeUndefined();
});

test("to hurry shows nothing where nothing is shown", async () => {
  camera.hurry();
  await vi.advanceTimersByTimeAsync(1);
  expect(send).not.toHaveBeenCalled();
});

test("a picture that cannot be drawn is said to be none, so that nobody waits for it", async () => {
  createImageBitmap.mockResolvedValueOnce({ width: 0, height: 0, close: vi.fn() });
  await camera.showFile(new Blob());
  await vi.advanceTimersByTimeAsync(1);
  expect(camera.state).toMatchObject({ source: undefined, problem: "not-a-picture" });
});

test("what the assistant makes of a picture stands beside that very one, for as long as it looks at no other", async () => {
  const view = { type: "view", pictureMs: 300, labels: [], people: 1, isSure: true } as const;
  const revoke = vi.spyOn(URL, "revokeObjectURL");
  getUserMedia.mockResolvedValueOnce(fakeStream().stream);
  clockMs = 300;
  await camera.show("camera");
  await vi.advanceTimersByTimeAsync(1);
  const [first] = camera.state.sent;
  clockMs = 1300;
  await vi.advanceTimersByTimeAsync(1000);
  camera.recognise({ ...view, pictureMs: 5 });
  expect(camera.state.seen).toBeUndefined();
  camera.recognise(view);
  expect(camera.state.seen).toEqual({ picture: first, view });
  // It outlives those that were sent after it.
  clockMs = 9000;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(camera.state.seen?.picture).toBe(first);
  expect(camera.state.sent).toHaveLength(3);
  expect(revoke).not.toHaveBeenCalledWith(first!.url);
  camera.recognise({ ...view, pictureMs: 9000 });
  expect(camera.state.seen?.picture).toBe(camera.state.sent[0]);
  expect(revoke).toHaveBeenCalledWith(first!.url);
  camera.stop();
  expect(camera.state.seen).toBeUndefined();
});

test("a picture that another conversation was shown is still to be sent to this one, which has made nothing of it", async () => {
  createImageBitmap.mockResolvedValueOnce({ width: 8, height: 8, close: vi.fn() });
  await camera.showFile(new Blob());
  await vi.advanceTimersByTimeAsync(1);
  camera.recognise({ type: "view", pictureMs: 0, labels: [], people: 0, isSure: true });
  expect(camera.state).toMatchObject({ sent: [{}], seen: {} });
  camera.forget();
  expect(camera.state).toMatchObject({ source: "file", sent: [], seen: undefined });
  expect(camera.state.chosen).toBeDefined();
  await vi.advanceTimersByTimeAsync(1000);
  expect(camera.state.sent).toHaveLength(1);
});

test("the camera that was chosen is the one that is shown, and another one only where it is gone", async () => {
  const asked = (): unknown[] =>
    getUserMedia.mock.calls.map(([constraints]) => (constraints?.video as MediaTrackConstraints).deviceId);
  getUserMedia.mockResolvedValue(fakeStream().stream);
  await camera.show("camera", "front");
  expect(asked()).toEqual([{ exact: "front" }]);
  getUserMedia.mockRejectedValueOnce(new DOMException("unplugged", "OverconstrainedError"));
  await camera.show("camera", "front");
  expect(asked()).toEqual([{ exact: "front" }, { exact: "front" }, undefined]);
  expect(camera.state).toMatchObject({ source: "camera", problem: undefined });
  getUserMedia.mockRejectedValueOnce(new DOMException("busy", "NotReadableError"));
  await camera.show("camera", "front");
  expect(camera.state).toMatchObject({ source: undefined, problem: "NotReadableError" });
  expect(asked()).toHaveLength(4);
});
