import type { Clock } from "./clock.ts";
import type { SpeechDetector } from "./contracts.ts";
import { IncomingSound } from "./incoming-sound.ts";
import { Listening, sampleMs, WINDOW_SAMPLES } from "./listening.ts";
import type { HeardWindow } from "./listening.ts";
import { DEFAULT_TURN_POLICY } from "./turn-state.ts";
import { unfailing } from "./unfailing-detector.ts";

/** Silence after which work on an answer begins, before the turn is known to be over. */
const SPECULATE_AFTER_MS = 64;

export interface EarObserver {
  /** Whether sound must come, so that time passes even if the client sends none. */
  readonly isExpecting: () => boolean;
  readonly onWindow: (window: HeardWindow) => void;
  readonly onError: (error: unknown) => void;
}

/** Hears what the user sends, window by window and in order, until it is closed. */
export class Ear {
  readonly listening: Listening;
  readonly #sound: IncomingSound;
  readonly #observer: EarObserver;
  readonly #controller = new AbortController();

  constructor(detector: SpeechDetector, clock: Clock, observer: EarObserver) {
    this.#sound = new IncomingSound(clock);
    this.listening = new Listening(unfailing(detector.openStream(), observer.onError), {
      pauseMs: SPECULATE_AFTER_MS,
      hangoverMs: DEFAULT_TURN_POLICY.unfinishedMaxMs + 1000,
    });
    this.#observer = observer;
    void this.#listen();
    void this.#sound.fillStalls(observer.isExpecting, this.#controller);
  }

  /** Where the conversation's clock, its sound, stands; what is heard lags a little behind. */
  get receivedMs(): number {
    return sampleMs(this.#sound.receivedSamples);
  }

  /** What time it is for pictures and what is typed: where the sound stands, and on from there while none comes. */
  get nowMs(): number {
    return this.#sound.nowMs;
  }

  /** The same time for a place in the sound of late, in ms. */
  timeOf(atMs: number): number {
    return this.#sound.timeOf(atMs);
  }

  /** Takes what comes next, at 16 kHz; the caller gives it away. */
  push(samples: Float32Array): void {
    this.#sound.push(samples);
  }

  /** Fills the last window up with silence, so that all of what has come is heard. Returns until where that is, in ms. */
  complete(): number {
    const { receivedMs } = this;
    this.#sound.push(new Float32Array(WINDOW_SAMPLES));
    return receivedMs;
  }

  /** What was still being listened to is no part of what comes now. */
  startAfresh(): void {
    this.#sound.forget();
    this.listening.startAfresh();
  }

  close(): void {
    this.#controller.abort(new DOMException("the conversation is closed", "AbortError"));
    this.#sound.close();
  }

  async #listen(): Promise<void> {
    try {
      for await (const samples of this.#sound.frames(this.#controller)) await this.#hear(samples);
    } catch (error) {
      if (!this.#controller.signal.aborted) this.#observer.onError(error);
    }
  }

  /** Whatever goes wrong in a window, the conversation goes on. */
  async #hear(samples: Float32Array): Promise<void> {
    try {
      for await (const window of this.listening.push(samples, this.#controller))
        this.#observer.onWindow(window);
    } catch (error) {
      this.#controller.signal.throwIfAborted();
      this.#observer.onError(error);
    }
  }
}
