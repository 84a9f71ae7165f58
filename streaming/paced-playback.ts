import { FRAME_MS, msToSamples } from "../audio/index.ts";
import type { AudioFrame } from "../audio/index.ts";
import type { Clock } from "./clock.ts";
import type { CallOptions } from "./contracts.ts";
import type { FloorLevel } from "./floor.ts";
import { unlessAborted } from "./unless-aborted.ts";

/**
 * How long after its end in real time a listener who says that they are behind is waited for: longer than a loudspeaker
 * lags, or a page holds an answer for somebody who is still talking. Who is behind for ever keeps no answer open for ever.
 */
export const PATIENCE_WITH_LISTENER_MS = 10_000;

/**
 * Who has begun and is no further from the end plays that in real time, whatever they say from then on: many accounts end
 * short of it by a device's latency.
 */
export const END_TOLERANCE_MS = 200;

/** Who lowers an answer holds it 224 ms later, by the clock of sound that may come in pieces of 170 ms; or not at all, or much later. */
const DUCKED_FOR_MS = 400;

export interface Lead {
  /** How far sound may run ahead of real time. */
  readonly leadMs: number;
  /** The same for a moment after somebody may have begun to speak, for listeners whose loudspeaker cannot be held. @default leadMs */
  readonly duckedLeadMs?: number;
}

/**
 * Hands out sound in 20 ms frames, at most `leadMs` ahead of real time, so that what is on its way to the listener can
 * still be stopped. Knows how much the listener can have heard.
 */
export class PacedPlayback {
  readonly #clock: Clock;
  readonly #lead: Lead;
  /** When it was lowered. */
  #duckedAtMs = -Infinity;
  /** When the first frame would have been played, moved on by every gap in the supply. */
  #startedMs: number | undefined;
  #sentMs = 0;
  /** Nothing more comes. */
  #isWhole = false;
  /** What has certainly been heard. */
  #heardMs = 0;
  /** How far the listener is behind real time, by their last account: a loudspeaker starts when the sound gets there. */
  #behindMs = 0;
  /** Set while the listener's loudspeaker is held: since when, and what lets it go on. */
  #held:
    { readonly sinceMs: number; readonly released: Promise<void>; readonly release: () => void } | undefined;

  constructor(clock: Clock, lead: Lead) {
    this.#clock = clock;
    this.#lead = lead;
  }

  /**
   * What the listener has heard: as reported, and from there on as much as real time allows, also where no report comes
   * any more. Never more than was handed out.
   */
  get playedMs(): number {
    return Math.min(Math.max(this.#heardMs, this.#passedMs() - this.#behindMs), this.#sentMs);
  }

  /** The same while it grows: undefined before anything is heard, and while the loudspeaker is held. */
  get runningMs(): number | undefined {
    return this.isHeld || this.playedMs === 0 ? undefined : this.playedMs;
  }

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** Handed out, and not heard yet. */
  get unplayedMs(): number {
    return this.#sentMs - this.playedMs;
  }

  /** Holds what is heard where it stands, lets it go on, or sees to it that little is on its way in case it has to stop. */
  setFloor(level: FloorLevel): void {
    // What was held and goes on lowered is not about to stop.
    this.#duckedAtMs = level === "ducked" && !this.isHeld ? this.#clock.nowMs() : -Infinity;
    if (level === "paused") this.hold();
    else this.goOn();
  }

  /** The listener's loudspeaker stands still from now on, with what it has not played yet. */
  hold(): void {
    if (this.#held !== undefined) return;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    this.#held = { sinceMs: this.#clock.nowMs(), released, release };
  }

  /** It goes on where it stood; nothing is lost or repeated. */
  goOn(): void {
    if (this.#held === undefined) return;
    if (this.#startedMs !== undefined) this.#startedMs += this.#clock.nowMs() - this.#held.sinceMs;
    this.#held.release();
    this.#held = undefined;
  }

  /**
   * Takes a listener's own account. It never runs backwards, nor ahead of real time or of what was sent; what can be no
   * account is none. Who has heard all that there is is not behind, however long ago it was sent.
   */
  report(playedMs: number): void {
    if (!(playedMs >= 0)) return;
    const passedMs = this.#passedMs();
    this.#heardMs = Math.max(this.#heardMs, Math.min(playedMs, passedMs, this.#sentMs));
    const leftMs = this.#sentMs - this.#heardMs;
    const isEnding = this.#isWhole && this.#heardMs > 0 && leftMs <= END_TOLERANCE_MS;
    if (leftMs === 0) this.#behindMs = 0;
    else if (!isEnding) this.#behindMs = passedMs - this.#heardMs;
  }

  /** Pieces of any length, all at one rate, as frames in order; the last one is filled up with silence. Ends when it has been handed out. */
  async *frames(
    pieces: AsyncIterable<AudioFrame>,
    options: CallOptions,
  ): AsyncGenerator<AudioFrame, void, void> {
    let rest = new Float32Array(0);
    let sampleRate = 0;
    for await (const piece of pieces) {
      sampleRate = piece.sampleRate;
      const size = msToSamples(FRAME_MS, sampleRate);
      const samples = joined(rest, piece.samples);
      let offset = 0;
      for (; offset + size <= samples.length; offset += size) {
        yield await this.#next(samples.slice(offset, offset + size), sampleRate, options);
      }
      rest = samples.slice(offset);
    }
    if (rest.length > 0) {
      const last = new Float32Array(msToSamples(FRAME_MS, sampleRate));
      last.set(rest);
      yield await this.#next(last, sampleRate, options);
    }
  }

  /** Waits until all that was handed out has been heard. Returns false where the listener was too far behind to be waited for. */
  async untilHeard(options: CallOptions): Promise<boolean> {
    this.#isWhole = true;
    for (;;) {
      await this.#untilReleased(options);
      const { unplayedMs } = this;
      if (unplayedMs <= 0) return true;
      if (this.#aheadMs() <= -PATIENCE_WITH_LISTENER_MS) return false;
      // Meanwhile they may tell that it takes longer, or that they have caught up.
      await this.#clock.sleep(Math.min(unplayedMs, FRAME_MS), options);
    }
  }

  async #untilReleased({ signal }: CallOptions): Promise<void> {
    while (this.#held !== undefined) await unlessAborted(this.#held.released, signal);
  }

  async #next(samples: Float32Array, sampleRate: number, options: CallOptions): Promise<AudioFrame> {
    await this.#untilReleased(options);
    const nowMs = this.#clock.nowMs();
    this.#startedMs ??= nowMs;
    if (this.#aheadMs() < 0) {
      this.#heardMs = this.playedMs;
      if (this.#heardMs < this.#sentMs) this.#behindMs = this.#sentMs - this.#heardMs;
      this.#startedMs = nowMs - this.#sentMs;
    }
    while (this.#aheadMs() > this.#leadMs) {
      await this.#clock.sleep(Math.min(FRAME_MS, this.#aheadMs() - this.#leadMs), options);
      await this.#untilReleased(options);
    }
    // Where so much time has passed that nothing is waited for, nobody else asks.
    options.signal.throwIfAborted();
    this.#sentMs += FRAME_MS;
    return { samples, sampleRate };
  }

  get #leadMs(): number {
    const { leadMs, duckedLeadMs = leadMs } = this.#lead;
    return this.#clock.nowMs() - this.#duckedAtMs < DUCKED_FOR_MS ? duckedLeadMs : leadMs;
  }

  /** Real time since the first frame, without the gaps in the supply that are over. */
  #passedMs(): number {
    if (this.#startedMs === undefined) return 0;
    return (this.#held?.sinceMs ?? this.#clock.nowMs()) - this.#startedMs;
  }

  /** Handed out but not yet played. */
  #aheadMs(): number {
    return this.#sentMs - this.#passedMs();
  }
}

function joined(a: Float32Array, b: Float32Array): Float32Array<ArrayBuffer> {
  const both = new Float32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
