import { AntiphonError, type Clock } from "../../streaming/index.ts";
import type { Limits } from "../config.ts";
import { type BinaryFrame, FRAME_HEADER_BYTES, isPictureFrame } from "./frames.ts";
import { TokenBucket } from "./limits.ts";
import type { PictureMetrics } from "./picture-metrics.ts";

/** A camera may be this much ahead of the sound, which is on its way longer. */
const AHEAD_MS = 2000;
/** What was in view longer ago is nothing that anybody still speaks of. */
const BEHIND_MS = 10_000;
/** Pictures that may come at once, in seconds of the rate. */
const BURST_SECONDS = 2;

/** A picture on its way into the conversation. */
export interface ReceivedPicture {
  readonly bytes: Uint8Array;
  /** How long ago it was captured, by the clock of the sound. */
  readonly ageMs: number;
  /** The client's own time of it. */
  readonly stampMs?: number;
  /** It is part of what is asked, and no camera's. */
  readonly isAttached?: boolean;
}

/**
 * The pictures of one connection. They have budgets of their own, so that a camera that sends too much costs nothing but
 * its own pictures: what is too much is dropped and counted, without a word.
 */
export class PictureIntake {
  readonly #pictures: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #metrics: PictureMetrics;
  #timeTold = false;

  constructor(clock: Clock, limits: Limits, metrics: PictureMetrics) {
    const { picturesPerSecond, pictureBytesPerSecond, maxPayloadBytes } = limits;
    this.#pictures = new TokenBucket(clock, {
      capacity: Math.max(1, picturesPerSecond * BURST_SECONDS),
      perSecond: picturesPerSecond,
    });
    this.#bytes = new TokenBucket(clock, {
      capacity: Math.max(maxPayloadBytes, pictureBytesPerSecond * BURST_SECONDS),
      perSecond: pictureBytesPerSecond,
    });
    this.#metrics = metrics;
  }

  /** Bytes of a message that count against the limits of words and sound; undefined for a picture too many. */
  charge(bytes: Uint8Array, isBinary: boolean): number | undefined {
    if (!isBinary || !isPictureFrame(bytes)) return bytes.length;
    if (this.#pictures.take(1) && this.#bytes.take(bytes.length)) return FRAME_HEADER_BYTES;
    this.#metrics.count("rate");
    return undefined;
  }

  /**
   * The picture of a frame, or undefined where its time cannot be.
   * @param clockMs - where the client's clock stands after the sound so far; until there is any, a picture is new.
   * @throws AntiphonError `picture-time` the first time; from then on such pictures are only counted.
   */
  take({ payload, timestampMs }: BinaryFrame, clockMs: number | undefined): ReceivedPicture | undefined {
    // Both wrap at 2^32.
    const ageMs = clockMs === undefined ? 0 : (Math.round(clockMs) - timestampMs) | 0;
    if (ageMs >= -AHEAD_MS && ageMs <= BEHIND_MS) {
      this.#metrics.count("taken");
      // A view would keep, and send to the worker, everything that the socket read at once.
      return { bytes: Uint8Array.from(payload), ageMs: Math.max(0, ageMs), stampMs: timestampMs };
    }
    this.#metrics.count(ageMs < 0 ? "future" : "past");
    if (this.#timeTold) return undefined;
    this.#timeTold = true;
    const where = ageMs < 0 ? `${-ageMs} ms from now` : `${ageMs} ms ago`;
    throw new AntiphonError(
      "picture-time",
      `a picture says it was captured ${where}, by the clock of the sound; such pictures are dropped`,
    );
  }
}
