import {
  FrameStore,
  isSameScene,
  LiveSampler,
  NewestWins,
  sceneGrid,
  type Picture,
  type TimedFrame,
} from "../vision/index.ts";
import type { CallOptions } from "./contracts.ts";
import { type AntiphonError, type ErrorCode, toAntiphonError } from "./errors.ts";
import type { LookRequest, PictureDecoder, Sight, Sighting, TextReader } from "./sight-contracts.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** What became of pictures that were taken, of all conversations together: gave way to newer ones, or did not. */
export interface PictureTally {
  decoded: number;
  seen: number;
  /** Gave way before they were decoded. */
  undecoded: number;
  /** Gave way before they were looked at. */
  unseen: number;
}

/** What a conversation needs to see. */
export interface SightModels {
  readonly decoder: PictureDecoder;
  readonly sight: Sight;
  readonly reader: TextReader;
  /** Counted in, where it is there. */
  readonly tally?: PictureTally;
}

/** A picture as the camera sent it. */
export interface CapturedPicture {
  readonly bytes: Uint8Array;
  /** It is part of what is asked, and no camera's. */
  readonly isAttached?: boolean;
  /** How the client marks it, by a clock of its own. */
  readonly stampMs?: number;
  /** On the conversation's clock, which goes on where no sound comes. */
  readonly atMs: number;
}

/** A picture that is remembered. */
export interface SeenFrame extends TimedFrame {
  /** Of this camera's frames; two may have come at one time. */
  readonly number: number;
  /** As the camera sent it: for language models on a server. */
  readonly bytes: Uint8Array;
  readonly picture: Picture;
  readonly isAttached: boolean;
  readonly stampMs: number | undefined;
}

/** What can be said of a view without a picture. */
export type Unseen = Exclude<View, { readonly frame: SeenFrame }>;

/** What was in view at a time. A camera that has sent nothing for 3 s is `stale`: what it showed may be gone. */
export type View =
  | { readonly type: "no-camera" }
  /** A camera is on, but what it shows is not known, or not yet: the first picture waits until the networks are loaded. */
  | { readonly type: "not-known" }
  | {
      readonly type: "current" | "stale";
      /** The same one for as long as the scene is the same, so that its tokens need not be computed again. */
      readonly frame: SeenFrame;
      readonly sighting: Sighting;
      /** How long before the time asked for the camera showed this for the last time. */
      readonly ageMs: number;
      /** Of what was shown then; the scene may have been seen before. */
      readonly isAttached: boolean;
    };

export interface CameraObserver {
  /** Whether the user is speaking, who may be about to ask. */
  readonly isSpeaking: () => boolean;
  /** A new scene has been looked at: its tokens can be computed before anybody asks. */
  readonly onSighting: (frame: SeenFrame, sighting: Sighting) => void;
  /** The newest picture that was looked at has been, whoever asked for it. */
  readonly onLooked: (frame: SeenFrame, sighting: Sighting) => void;
  /** A picture could not be used; the same code again within a while is not told. */
  readonly onError: (error: AntiphonError) => void;
}

const STALE_MS = 3000;
const QUIET_AFTER_ERROR_MS = 5000;

/** Half a minute of a camera that sends one VGA picture a second; eight full screens. */
const MEMORY = { maxFrames: 32, maxBytes: 48 * 2 ** 20 } as const;

interface Frame extends SeenFrame {
  readonly grid: Float32Array;
  /** Of this frame; of one that shows the same it is looked up. */
  sighting?: Promise<Sighting>;
  /** The same, as soon as it is there. */
  known?: Sighting;
}

/**
 * The camera of a conversation: pictures come in whenever they like, one at a time is decoded, one at a time is looked
 * at, and newer ones take the place of those that wait. Nothing here is waited for by the voice but {@link inViewAt}.
 */
export class Camera {
  readonly #models: Omit<SightModels, "reader">;
  readonly #observer: CameraObserver;
  readonly #closing = new AbortController();
  readonly #store = new FrameStore<Frame>(MEMORY);
  readonly #sampler = new LiveSampler();
  /** The frame that was looked at last: a scene that stays the same outlives the frames that the store has room for. */
  #lookedAt: Frame | undefined;
  #decodedCount = 0;
  /** Captured last, whatever has become of it. */
  #newestMs = -Infinity;
  readonly #toldMs = new Map<ErrorCode, number>();
  readonly #decoding = new NewestWins<CapturedPicture>((picture) => this.#decode(picture));
  readonly #looking = new NewestWins<Frame>((frame) => this.#lookAhead(frame));

  constructor(models: Omit<SightModels, "reader">, observer: CameraObserver) {
    this.#models = models;
    this.#observer = observer;
  }

  /** Takes the next picture. Never blocks. */
  push(picture: CapturedPicture): void {
    if (this.#closing.signal.aborted) return;
    this.#newestMs = picture.atMs;
    if (this.#decoding.offer(picture) !== undefined) this.#count("undecoded");
  }

  /** Whether pictures were coming in at that time, usable or not. */
  isOn(atMs: number): boolean {
    return atMs - this.#newestMs <= STALE_MS;
  }

  /**
   * What was in view at a time of the past, e.g. when the user stopped speaking; whatever has come into view since.
   * @throws AntiphonError where the picture could not be looked at; `signal.reason`.
   */
  async inViewAt(atMs: number, { signal }: CallOptions): Promise<View> {
    // What has just come in was in view, too.
    await unlessAborted(this.#decoding.idle(), signal);
    const shown = this.#store.inViewAt(atMs);
    if (shown === undefined) return { type: "no-camera" };
    const frame = this.#sameAs(shown) ?? shown;
    const sighting = await unlessAborted(this.#look(frame, "asked"), signal);
    const ageMs = atMs - shown.atMs;
    // What somebody attached to their words was not taken from their sight since.
    const type = ageMs > STALE_MS && !shown.isAttached ? "stale" : "current";
    return { type, frame, sighting, ageMs, isAttached: shown.isAttached };
  }

  /**
   * What is known by now of what the camera showed at a time of the past, without a look: of that scene, or else of the newest
   * picture of the 3 s before that was looked at. Undefined where there is none, and of attached pictures, which show nobody's room.
   */
  knownAt(atMs: number): Sighting | undefined {
    const isFresh = (frame: Frame): boolean =>
      frame.atMs <= atMs && atMs - frame.atMs <= STALE_MS && !frame.isAttached;
    const shown = this.#store.inViewAt(atMs);
    if (shown === undefined || !isFresh(shown)) return undefined;
    const looked = (frame: Frame): boolean => isFresh(frame) && frame.known !== undefined;
    return this.#sameAs(shown)?.known ?? this.#store.frames.findLast(looked)?.known;
  }

  /** Forgets what was seen, e.g. because somebody else may be in front of the camera now. */
  forget(): void {
    this.#decoding.clear();
    this.#looking.clear();
    this.#store.clear();
    this.#sampler.reset();
    this.#lookedAt = undefined;
    this.#newestMs = -Infinity;
  }

  close(): void {
    this.#closing.abort(new DOMException("the conversation is closed", "AbortError"));
    this.forget();
  }

  async #decode({ bytes, atMs, stampMs, isAttached = false }: CapturedPicture): Promise<void> {
    const { signal } = this.#closing;
    try {
      const picture = await this.#models.decoder.decode(bytes, { signal });
      if (signal.aborted) return;
      const byteLength = picture.rgb.length + bytes.length;
      const number = this.#decodedCount++;
      const grid = sceneGrid(picture);
      const frame: Frame = { number, atMs, stampMs, bytes, picture, isAttached, grid, byteLength };
      this.#store.add(frame);
      const verdict = this.#sampler.judge({ ...frame, speaking: this.#observer.isSpeaking() });
      this.#count("decoded");
      if (verdict === "look" && this.#looking.offer(frame) !== undefined) this.#count("unseen");
    } catch (error) {
      this.#tell(error, atMs);
    }
  }

  async #lookAhead(frame: Frame): Promise<void> {
    try {
      const sighting = await this.#look(frame, "ahead");
      this.#count("seen");
      if (!this.#closing.signal.aborted) this.#observer.onSighting(frame, sighting);
    } catch (error) {
      this.#tell(error, frame.atMs);
    }
  }

  /** Looks once, however often it is asked; a look that failed may be tried again. */
  #look(frame: Frame, urgency: LookRequest["urgency"]): Promise<Sighting> {
    if (frame.sighting === undefined) {
      const { picture } = frame;
      frame.sighting = this.#models.sight.look({ picture, urgency }, this.#closing);
      if (frame.atMs >= (this.#lookedAt?.atMs ?? -Infinity)) this.#lookedAt = frame;
      frame.sighting.then(
        (sighting) => {
          frame.known = sighting;
          // What was forgotten meanwhile, or has a newer one beside it, is nobody's view any more.
          if (this.#lookedAt === frame) this.#observer.onLooked(frame, sighting);
        },
        () => {
          delete frame.sighting;
        },
      );
    }
    return frame.sighting;
  }

  /** The newest frame up to this one that has been looked at, if it shows the same. */
  #sameAs(shown: Frame): Frame | undefined {
    const isSeen = ({ atMs, sighting }: Frame): boolean => atMs <= shown.atMs && sighting !== undefined;
    const seen =
      this.#store.frames.findLast(isSeen) ?? [this.#lookedAt].find((frame) => frame && isSeen(frame));
    return seen !== undefined && isSameScene(seen.grid, shown.grid) ? seen : undefined;
  }

  #count(outcome: keyof PictureTally): void {
    if (this.#models.tally !== undefined) this.#models.tally[outcome] += 1;
  }

  #tell(cause: unknown, atMs: number): void {
    if (this.#closing.signal.aborted) return;
    const error = toAntiphonError(cause);
    const toldMs = this.#toldMs.get(error.code);
    if (toldMs !== undefined && atMs - toldMs < QUIET_AFTER_ERROR_MS) return;
    this.#toldMs.set(error.code, atMs);
    this.#observer.onError(error);
  }
}
