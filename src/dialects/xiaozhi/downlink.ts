import type { AudioFrame } from "../../../audio/index.ts";
import type { Clock } from "../../../streaming/index.ts";
import type { OutgoingAudio } from "../../server/audio-codec.ts";
import { type BinaryVersion, encodeAudio } from "./frames.ts";

/** What boards are told to expect, and get: Opus at 24 kHz in packets of 60 ms. */
export const DOWNLINK_FORMAT = { format: "opus", sampleRate: 24_000, frameMs: 60 } as const;

/**
 * How far a conversation with a board runs ahead of real time: three packets at once, then one every 60 ms. What a board has
 * it plays, so this is also for how long it goes on after it was interrupted.
 */
export const DEVICE_LEAD_MS = 180;

/** A board that was told to speak takes this long to do so; until then it throws sound away (`HandleStateChangedEvent`). */
const WAKING_MS = 60;
/** An answer that was held has been played as far as it was sent: it goes on with this much in hand. */
const RESUMING_MS = 120;
/** Where no frame has come for this long, what is there of a packet is all there is for the moment. */
const SUPPLY_GAP_MS = 70;

export interface DownlinkOptions {
  readonly version: BinaryVersion;
  readonly codec: OutgoingAudio;
  readonly clock: Clock;
  readonly send: (frame: Uint8Array) => void;
}

/** The sound of a conversation's answers on its way to a board. Its pace is the conversation's. */
export class Downlink {
  readonly #options: DownlinkOptions;
  /** What has to wait until the board is ready for it, in order. */
  readonly #waiting: (() => void)[] = [];
  #readyAtMs = 0;
  #wakeUp: NodeJS.Timeout | undefined;
  #gap: NodeJS.Timeout | undefined;
  #sentMs = 0;
  /** Whether the codec holds a part of a packet. */
  #begun = false;

  constructor(options: DownlinkOptions) {
    this.#options = options;
  }

  /** How much of the answer has been sent. */
  get sentMs(): number {
    return this.#sentMs;
  }

  /** The board has just been told that an answer begins. */
  start(): void {
    this.stop();
    this.#sentMs = 0;
    this.#readyAtMs = this.#options.clock.nowMs() + WAKING_MS;
  }

  push(frame: AudioFrame): void {
    clearTimeout(this.#gap);
    this.#begun = true;
    for (const { payload } of this.#options.codec.encode(frame)) this.#queue(payload);
    this.#gap = setTimeout(() => {
      this.#flush();
    }, SUPPLY_GAP_MS);
  }

  /** The answer goes on after it was held. */
  resume(): void {
    this.#readyAtMs = Math.max(this.#readyAtMs, this.#options.clock.nowMs() + RESUMING_MS);
  }

  /** Sends what is left of an answer, then calls `done`. */
  finish(done: () => void): void {
    clearTimeout(this.#gap);
    this.#flush();
    this.#later(done);
  }

  /** Throws away what has not been sent. */
  stop(): void {
    clearTimeout(this.#gap);
    clearTimeout(this.#wakeUp);
    this.#wakeUp = undefined;
    this.#waiting.length = 0;
    if (this.#begun) this.#options.codec.finish();
    this.#begun = false;
  }

  close(): void {
    this.stop();
    this.#options.codec.close();
  }

  #flush(): void {
    if (!this.#begun) return;
    this.#begun = false;
    for (const { payload } of this.#options.codec.finish()) this.#queue(payload);
  }

  #queue(payload: Uint8Array): void {
    const { version, send } = this.#options;
    const frame = encodeAudio(version, payload, this.#sentMs);
    this.#sentMs += DOWNLINK_FORMAT.frameMs;
    this.#later(() => {
      send(frame);
    });
  }

  #later(act: () => void): void {
    const waitMs = this.#readyAtMs - this.#options.clock.nowMs();
    if (waitMs <= 0 && this.#waiting.length === 0) {
      act();
      return;
    }
    this.#waiting.push(act);
    this.#wakeUp ??= setTimeout(
      () => {
        this.#wakeUp = undefined;
        for (const next of this.#waiting.splice(0)) next();
      },
      Math.max(0, waitMs),
    );
  }
}
