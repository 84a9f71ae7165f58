import type { View } from "./conversation-state.ts";
import { type CameraSource, PictureEncoder } from "./picture-encoder.ts";

/** One picture as it was sent. */
export interface Picture {
  readonly url: string;
  /** When it was in view. */
  readonly at: Date;
  readonly bytes: number;
  /** What it was marked with for the server. */
  readonly stampMs: number;
}

export type { CameraSource } from "./picture-encoder.ts";

export interface CameraState {
  readonly source: CameraSource | undefined;
  /** For the preview; a file has none. */
  readonly stream: MediaStream | undefined;
  /** The address of a picture that was chosen, to be shown until it is sent. */
  readonly chosen: string | undefined;
  /** The last ones that were sent, newest first. */
  readonly sent: readonly Picture[];
  /** What the assistant makes of one of them, which it looked at last. */
  readonly seen: { readonly picture: Picture; readonly view: View } | undefined;
  /** The name of the DOMException with which the browser refused, or what went wrong otherwise. */
  readonly problem: string | undefined;
}

export interface CameraOptions {
  /** Takes a JPEG and when it was in view, by `clockMs`; false where it was not sent. */
  readonly send: (payload: Uint8Array, clockMs: number) => boolean;
  /** The clock that pictures are stamped with: that of the microphone's sound, as long as there is any. */
  readonly clockMs: () => number;
  /** Whether anybody takes pictures now; none are made for nobody. @default always */
  readonly isAwaited?: () => boolean;
  readonly onChange: () => void;
}

const INTERVAL_MS = 1000;
const SHOWN_PICTURES = 3;
/** A server may take some seconds to look at one, at first. */
const KEPT_PICTURES = 12;

const NOTHING_SHOWN: CameraState = {
  source: undefined,
  stream: undefined,
  chosen: undefined,
  sent: [],
  seen: undefined,
  problem: undefined,
};

/** What the assistant sees: a camera, a screen or a picture, sent once a second as JPEG. */
export class Camera {
  readonly #options: CameraOptions;
  readonly #video = document.createElement("video");
  readonly #encoder = new PictureEncoder();
  #state = NOTHING_SHOWN;
  /** Counts what was asked for, so that what comes too late is told from what is wanted. */
  #wish = 0;
  #stream: MediaStream | undefined;
  #still: ImageBitmap | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isBusy = false;
  /** The next picture is to follow the one that is being made at once. */
  #isHurried = false;
  /** The wish for a picture that is being read. */
  #reading: number | undefined;
  /** Those that were sent, newest first. */
  #kept: readonly Picture[] = [];

  constructor(options: CameraOptions) {
    this.#options = options;
    this.#video.muted = true;
    this.#video.playsInline = true;
  }

  get state(): CameraState {
    return this.#state;
  }

  /**
   * Shows a camera or a screen; where the browser refuses, the state says so. What was shown before a screen goes on until
   * one is picked.
   */
  async show(source: "camera" | "screen", deviceId?: string): Promise<void> {
    if (source === "camera") this.stop();
    else {
      this.#wish += 1;
      this.#update({ problem: undefined });
    }
    const wish = this.#wish;
    const opened = await openVideo(source, deviceId).catch(nameOf);
    if (typeof opened === "string") {
      // Whoever closes the list of screens wants none of them.
      const isCancelled = source === "screen" && opened === "NotAllowedError";
      if (wish === this.#wish && !isCancelled) this.#fail(opened);
    } else if (wish === this.#wish) await this.#follow(source, opened);
    // While the browser asked, something else may have been wished for, or nothing any more.
    else endTracks(opened);
  }

  /** Sends what is in view at once, instead of at the next second: somebody has begun to take pictures. */
  hurry(): void {
    this.#isHurried = this.#isBusy;
    if (this.#state.source !== undefined) void this.#capture();
  }

  /** Puts what the assistant makes of a picture beside that picture, if it is still known. */
  recognise(view: View): void {
    const picture = this.#kept.find(({ stampMs }) => stampMs === view.pictureMs);
    if (picture === undefined) return;
    const before = this.#state.seen?.picture;
    this.#update({ seen: { picture, view } });
    if (before !== undefined && !this.#kept.includes(before)) URL.revokeObjectURL(before.url);
  }

  /** What was sent, and what was made of it, belongs to a conversation that is over; what is shown goes on being shown. */
  forget(): void {
    if (this.#kept.length === 0 && this.#state.seen === undefined) return;
    this.#dropPictures();
    this.#update({ sent: [], seen: undefined });
  }

  /** Shows a picture from when somebody takes it until `stop`, or a call that it was sent in is over (`leave`). */
  async showFile(file: Blob): Promise<void> {
    this.stop();
    const wish = this.#wish;
    this.#reading = wish;
    try {
      const still = await createImageBitmap(file);
      if (wish === this.#wish) {
        this.#reading = undefined;
        this.#still = still;
        this.#begin({ source: "file", stream: undefined, chosen: URL.createObjectURL(file) });
      } else still.close();
    } catch {
      if (wish === this.#wish) this.#fail("not-a-picture");
    }
  }

  /** Whether a picture was chosen that is still to be sent: what is asked may be about it. */
  get isFileWaiting(): boolean {
    const { source, sent } = this.#state;
    return source === "file" && sent.length === 0;
  }

  /** Ends with a call what was shown in it. A picture that was chosen and not sent yet waits for the next call. */
  leave(): void {
    if (this.#reading === this.#wish) return;
    if (!this.isFileWaiting) this.stop();
    // A screen that was asked for beside it is not wanted any more.
    else this.#wish += 1;
  }

  /** Ends the tracks, so that the camera's light goes out. */
  stop(): void {
    this.#wish += 1;
    clearInterval(this.#timer);
    if (this.#stream !== undefined) endTracks(this.#stream);
    this.#stream = undefined;
    this.#video.srcObject = null;
    this.#still?.close();
    this.#still = undefined;
    this.#dropPictures();
    if (this.#state.chosen !== undefined) URL.revokeObjectURL(this.#state.chosen);
    this.#update(NOTHING_SHOWN);
  }

  #dropPictures(): void {
    const { seen } = this.#state;
    for (const { url } of this.#kept) URL.revokeObjectURL(url);
    if (seen !== undefined) URL.revokeObjectURL(seen.picture.url);
    this.#kept = [];
  }

  async #follow(source: "camera" | "screen", stream: MediaStream): Promise<void> {
    this.stop();
    this.#stream = stream;
    stream.getVideoTracks()[0]?.addEventListener("ended", () => {
      if (this.#stream !== stream) return;
      // A screen ends where the user says so to the browser, a camera where it is unplugged or forbidden.
      if (source === "camera") this.#fail("lost");
      else this.stop();
    });
    this.#video.srcObject = stream;
    const problem = await this.#video.play().then(() => undefined, nameOf);
    if (this.#stream !== stream) return;
    if (problem === undefined) this.#begin({ source, stream, chosen: undefined });
    else this.#fail(problem);
  }

  #fail(problem: string): void {
    this.stop();
    this.#update({ problem });
  }

  #begin(view: Pick<CameraState, "source" | "stream" | "chosen">): void {
    this.#encoder.reset();
    this.#update({ ...view, problem: undefined });
    this.#timer = setInterval(() => void this.#capture(), INTERVAL_MS);
    this.hurry();
  }

  async #capture(): Promise<void> {
    if (this.#isBusy || this.#options.isAwaited?.() === false) return;
    this.#isBusy = true;
    const wish = this.#wish;
    try {
      // Making a JPEG takes a while, most of all on a phone: what counts is when it was in view.
      const [at, clockMs] = [new Date(), this.#options.clockMs()];
      const jpeg = await this.#draw();
      if (jpeg === undefined) {
        // A film may not have begun; a picture that cannot be drawn never will be.
        if (wish === this.#wish && this.#still !== undefined) this.#fail("not-a-picture");
        return;
      }
      const payload = new Uint8Array(await jpeg.arrayBuffer());
      // By now something else may be shown, or nothing any more.
      if (wish !== this.#wish) return;
      const isSent = this.#options.send(payload, clockMs);
      this.#encoder.noteSent(isSent);
      if (isSent) this.#note(jpeg, at, Math.round(clockMs));
    } finally {
      this.#isBusy = false;
      if (this.#isHurried) this.hurry();
    }
  }

  async #draw(): Promise<Blob | undefined> {
    const { source } = this.#state;
    if (source === undefined) return undefined;
    const video = { image: this.#video, width: this.#video.videoWidth, height: this.#video.videoHeight };
    const still = this.#still && { image: this.#still, width: this.#still.width, height: this.#still.height };
    return await this.#encoder.encode(still ?? video, source);
  }

  #note(jpeg: Blob, at: Date, stampMs: number): void {
    const picture = { url: URL.createObjectURL(jpeg), at, bytes: jpeg.size, stampMs };
    for (const old of this.#kept.slice(KEPT_PICTURES - 1))
      if (old !== this.#state.seen?.picture) URL.revokeObjectURL(old.url);
    this.#kept = [picture, ...this.#kept.slice(0, KEPT_PICTURES - 1)];
    this.#update({ sent: this.#kept.slice(0, SHOWN_PICTURES) });
  }

  #update(changes: Partial<CameraState>): void {
    this.#state = { ...this.#state, ...changes };
    this.#options.onChange();
  }
}

function endTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function nameOf(error: unknown): string {
  return error instanceof DOMException ? error.name : "unsupported";
}

const FILM = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 5 } } as const;

async function openVideo(source: "camera" | "screen", deviceId: string | undefined): Promise<MediaStream> {
  const { mediaDevices } = navigator;
  if (source === "screen") return await mediaDevices.getDisplayMedia({ video: true, audio: false });
  const anyCamera = { video: { ...FILM, facingMode: "environment" } };
  if (deviceId === undefined) return await mediaDevices.getUserMedia(anyCamera);
  try {
    // As a mere wish it would weigh no more than size and rate, and another camera that has those would be taken.
    return await mediaDevices.getUserMedia({ video: { ...FILM, deviceId: { exact: deviceId } } });
  } catch (error) {
    if (!isGone(error)) throw error;
    return await mediaDevices.getUserMedia(anyCamera);
  }
}

/** Whether there is no such camera any more; older browsers' errors are no `DOMException`. */
function isGone(error: unknown): boolean {
  return error instanceof Error && ["OverconstrainedError", "NotFoundError"].includes(error.name);
}
