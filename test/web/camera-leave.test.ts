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

const still = (): object => ({ width: 2, height: 2, close: vi.fn() });

/** What the browser takes its time for, until `grant`. */
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

const getUserMedia = vi.fn<() => Promise<MediaStream>>();
const getDisplayMedia = vi.fn<() => Promise<MediaStream>>();
const createImageBitmap = vi.fn<() => Promise<unknown>>();
const send = vi.fn(() => true);
/** Whether there is a conversation that takes pictures. */
let isOpen = false;
let camera: Camera;

beforeEach(() => {
  vi.useFakeTimers();
  isOpen = false;
  const canvas = {
    getContext: () => ({ drawImage: vi.fn() }),
    toBlob: (take: (blob: Blob) => void) => {
      take(new Blob(["jpeg"]));
    },
  };
  const video = { play: () => Promise.resolve(), videoWidth: 1280, videoHeight: 720 };
  vi.stubGlobal("document", { createElement: (name: string) => (name === "video" ? video : canvas) });
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia, getDisplayMedia } });
  vi.stubGlobal("createImageBitmap", createImageBitmap);
  camera = new Camera({ send, clockMs: () => 0, isAwaited: () => isOpen, onChange: vi.fn() });
});
afterEach(() => {
  camera.stop();
  for (const mock of [getUserMedia, getDisplayMedia, createImageBitmap, send]) mock.mockReset();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a picture that was not sent outlives the call, and is sent in the next one; what was sent does not", async () => {
  createImageBitmap.mockResolvedValueOnce(still());
  await camera.showFile(new Blob(["picture"]));
  expect(camera.isFileWaiting).toBe(true);
  camera.leave();
  expect(camera.state).toMatchObject({ source: "file", sent: [] });
  isOpen = true;
  camera.hurry();
  await vi.advanceTimersByTimeAsync(1);
  expect(send).toHaveBeenCalledOnce();
  expect(camera.isFileWaiting).toBe(false);
  camera.leave();
  expect(camera.state).toMatchObject({ source: undefined, sent: [] });
});

test("a picture that is still being read when the call ends is not forgotten over that", async () => {
  const { asked, grant } = question(still());
  createImageBitmap.mockReturnValueOnce(asked);
  const shown = camera.showFile(new Blob());
  camera.leave();
  grant();
  await shown;
  expect(camera.isFileWaiting).toBe(true);
});

test("cameras and screens end with the call, also those that the browser still asks about", async () => {
  const [shown, screen] = [fakeStream(), fakeStream()];
  getUserMedia.mockResolvedValueOnce(shown.stream);
  await camera.show("camera");
  camera.leave();
  expect(shown.track.isOn).toBe(false);
  expect(camera.state.source).toBeUndefined();
  createImageBitmap.mockResolvedValueOnce(still());
  await camera.showFile(new Blob());
  const { asked, grant } = question(screen.stream);
  getDisplayMedia.mockReturnValueOnce(asked);
  const asking = camera.show("screen");
  camera.leave();
  grant();
  await asking;
  expect(screen.track.isOn).toBe(false);
  expect(camera.isFileWaiting).toBe(true);
});
