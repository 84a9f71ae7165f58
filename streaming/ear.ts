import type { Clock } from "./clock.ts";
import type { SpeechDetector } from "./contracts.ts";
import { IncomingSound } from "./incoming-sound.ts";
import { Listening, sampleMs, WINDOW_SAMPLES } from "./listening.ts";
import type { HeardWindow } from "./listening.ts";
import { type Mark, SoundMarks } from "./sound-marks.ts";
import { DEFAULT_TURN_POLICY } from "./turn-state.ts";
import { unfailing } from "./unfailing-detector.ts";
import { unlessAborted } from "./unless-aborted.ts";

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
  readonly #marks = new SoundMarks();
  readonly #observer: EarObserver;
  readonly #controller = new AbortController();
  #isHeld = false;
  #goOn: () => void = () => undefined;

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

  /** What the client calls a place in what was heard of late, in ms: it counts only the sound that it sent. */
  sentMs(atMs: number): number {
    return this.#sound.sentMs(atMs);
  }

  /** Takes what comes next, at 16 kHz; the caller gives it away. */
  push(samples: Float32Array): void {
    this.#sound.push(samples);
  }

  /** Takes what the client says of the sound that it has sent. Silence fills the last window up, so that all of that is heard. */
  mark(said: Parameters<SoundMarks["add"]>[0]): void {
    this.#marks.add(said, this.receivedMs);
    this.#sound.fill(WINDOW_SAMPLES);
  }

  /** Takes out what the client said of the sound before `heardMs`; in each window that is heard one thing at most. */
  marksBefore(heardMs: number): Iterable<Mark> {
    return this.#marks.due(heardMs);
  }

  /** Whether what comes next is to wait: it begins another turn while the words of the one before are awaited. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (!isHeld) this.#goOn();
  }

  /** What was still being listened to is no part of what comes now. */
  startAfresh(): void {
    this.#sound.forget();
    this.#marks.forget();
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
      for await (const window of this.listening.push(samples, this.#controller)) {
        this.#observer.onWindow(window);
        while (this.#isHeld) await this.#untilLetGo();
      }
    } catch (error) {
      this.#controller.signal.throwIfAborted();
      this.#observer.onError(error);
    }
  }

  async #untilLetGo(): Promise<void> {
    const letGo = new Promise<void>((resolve) => {
      this.#goOn = resolve;
    });
    await unlessAborted(letGo, this.#controller.signal);
  }
}
