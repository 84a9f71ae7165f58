import type { Manner, Transcript } from "./contracts.ts";
import type { HeardWindow } from "./listening.ts";
import type { Evidence, InView } from "./monitor/index.ts";

/** How fast the remembered noise of the room follows what is heard, per window: down at once, up slowly. */
const NOISE_RISE = 0.02;

/** How much one more accepted turn changes what is believed of the user's loudness. */
const USER_LEARNING = 0.3;

/** Of the power of a stretch, the least that is believed to be a voice's: both levels are estimates. */
const LEAST_VOICE = 0.1;

/** What the recogniser and the answer add to what was heard. */
export interface Circumstances {
  readonly text: string;
  readonly transcript: Omit<Transcript, "text" | "tokens"> | undefined;
  readonly manner?: Manner | undefined;
  readonly isFinal: boolean;
  readonly finishedProbability: number | undefined;
  readonly assistantSpeaking: boolean;
  readonly spokenText: string;
  readonly addressed: number | undefined;
  readonly isToSomebody: boolean;
  readonly inView?: InView | undefined;
}

/** Collects what is known of the stretch of user sound at hand, and knows the room and the user around it. */
export class StretchEvidence {
  #noiseDb: number | undefined;
  #userDb: number | undefined;
  #speechMs = 0;
  #windows = 0;
  #probability = 0;
  #energy = 0;
  #echo = 0;

  /** A stretch begins. */
  begin(): void {
    this.#speechMs = 0;
    this.#windows = 0;
    this.#probability = 0;
    this.#energy = 0;
    this.#echo = 0;
  }

  hear({ probability, levelDb, durationMs, echo, quiet }: HeardWindow): void {
    if (quiet) {
      const before = this.#noiseDb ?? levelDb;
      this.#noiseDb = levelDb < before ? levelDb : before + NOISE_RISE * (levelDb - before);
      return;
    }
    this.#windows += 1;
    this.#probability += probability;
    this.#energy += 10 ** (levelDb / 10);
    this.#echo += echo;
    this.#speechMs += durationMs;
  }

  /** The stretch was meant for the assistant: this is how loud its user is. */
  accept(): void {
    const levelDb = this.#voiceDb;
    if (levelDb === undefined) return;
    this.#userDb =
      this.#userDb === undefined ? levelDb : this.#userDb + USER_LEARNING * (levelDb - this.#userDb);
  }

  gather({ transcript, ...circumstances }: Circumstances): Evidence {
    const levelDb = this.#levelDb ?? 0;
    return {
      ...circumstances,
      speechMs: this.#speechMs,
      speechProbability: this.#windows === 0 ? 0 : this.#probability / this.#windows,
      levelDb: this.#noiseDb === undefined ? 0 : levelDb - this.#noiseDb,
      levelBelowUserDb: this.#userDb === undefined ? undefined : this.#userDb - (this.#voiceDb ?? 0),
      recognition: transcript,
      echo: this.#windows === 0 ? 0 : this.#echo / this.#windows,
    };
  }

  /** The voice's part of that: without the room's noise, which would make all voices alike. */
  get #voiceDb(): number | undefined {
    const levelDb = this.#levelDb;
    if (levelDb === undefined || this.#noiseDb === undefined) return levelDb;
    const share = 1 - 10 ** ((this.#noiseDb - levelDb) / 10);
    return levelDb + 10 * Math.log10(Math.max(LEAST_VOICE, share));
  }

  /** Mean over the stretch, in dBFS. */
  get #levelDb(): number | undefined {
    return this.#windows === 0 ? undefined : 10 * Math.log10(this.#energy / this.#windows);
  }
}
