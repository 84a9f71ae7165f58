import { measureLevel, SILENCE_DBFS } from "./level.ts";

/** How far below the speech before it a window is no more than its echo in the room. */
const FADED_DB = 30;

/** How fast the remembered level of speech sinks, so that somebody who turns away is still heard. */
const DECAY_DB_PER_SECOND = 20;

/** Windows that must be faded in a row: shorter gaps are the closures of "p", "t" and "k" within words. */
const FADED_WINDOWS = 2;

/**
 * Notices that speech has ended by its level. A network that scores speech takes some 90 ms to believe in silence; where
 * the sound has fallen by 30 dB, it can be believed at once. In noise that is louder than that nothing is ever faded, and
 * the scores alone decide.
 */
export class SpeechLevel {
  readonly #decayDb: number;
  #peakDb = SILENCE_DBFS;
  #fadedWindows = 0;

  /** @param windowMs - length of the windows to come. */
  constructor(windowMs: number) {
    this.#decayDb = (DECAY_DB_PER_SECOND * windowMs) / 1000;
  }

  /** Hears one window; returns whether it and the one before are so far below the speech before that they are none. */
  push(samples: Float32Array, isSpeech: boolean): boolean {
    const levelDb = measureLevel(samples).rmsDbfs;
    this.#peakDb = Math.max(SILENCE_DBFS, this.#peakDb - this.#decayDb);
    if (isSpeech) this.#peakDb = Math.max(this.#peakDb, levelDb);
    this.#fadedWindows = levelDb < this.#peakDb - FADED_DB ? this.#fadedWindows + 1 : 0;
    return this.#fadedWindows >= FADED_WINDOWS;
  }

  /** Forgets the speech before. */
  reset(): void {
    this.#peakDb = SILENCE_DBFS;
    this.#fadedWindows = 0;
  }
}
