import type { Manner } from "../contracts.ts";
import type { SightLabel } from "../sight-contracts.ts";

/**
 * What a stretch of user sound is to the assistant.
 *
 * - `query`: meant for it, and whole: it takes the floor;
 * - `stop`: a command to be silent: it takes the floor and wants no answer;
 * - `backchannel`: "mm-hm", "right": the listener follows and wants nothing;
 * - `side-talk`: speech that is meant for somebody else;
 * - `noise`: no speech, or the assistant's own voice;
 * - `incomplete`: not decided yet, or a sentence that is not over.
 */
export type UtteranceKind = "query" | "backchannel" | "noise" | "side-talk" | "incomplete" | "stop";

/** What is known of a stretch of user sound, so far or at its end. Everything is cheap to get; missing evidence is undefined. */
export interface Evidence {
  /** Recognised so far; "" while nothing is. "Assistant" stands where it is called by a name of its own. */
  readonly text: string;
  /** The stretch is over (a pause has begun) and `text` is its final transcript. */
  readonly isFinal: boolean;
  /** Speech so far. */
  readonly speechMs: number;
  /** Mean of the detector's scores over it. */
  readonly speechProbability: number;
  /** Its loudness above the room's noise floor. */
  readonly levelDb: number;
  /** How much quieter it is than this user's accepted turns (far talker, television). */
  readonly levelBelowUserDb: number | undefined;
  /** The end-of-turn model's probability that the speaker has finished. */
  readonly finishedProbability: number | undefined;
  readonly recognition:
    | {
        readonly averageLogProbability: number;
        readonly noSpeechProbability: number;
        /** A guard of the recogniser dropped the text. */
        readonly rejected: boolean;
      }
    | undefined;
  /** How it sounds, words aside; of a stretch that goes on, so far. */
  readonly manner?: Manner | undefined;
  /** 0…1: how far the sound is what we are playing (`EchoDetector` of audio/). */
  readonly echo: number;
  /** What the assistant says just now or said within the last seconds; "" if it is silent. */
  readonly spokenText: string;
  readonly assistantSpeaking: boolean;
  /** Somebody else was called by name just before it, and no more was said to them yet. */
  readonly isToSomebody?: boolean;
  /** Undefined where the camera was off, had stopped, or showed nothing that was known as the stretch began. */
  readonly inView?: InView | undefined;
  /** The language model's probability that it is meant for the assistant. */
  readonly addressed: number | undefined;
}

/** What a camera shows. */
export interface InView {
  /** Whose faces can be seen. */
  readonly people: number;
  /** What else can, anywhere in the picture, and kinds of things; one may be there more than once. */
  readonly things: readonly SightLabel[];
}

/** What the monitor makes of the evidence. */
export interface Decision {
  readonly kind: UtteranceKind;
  readonly probability: number;
  /** In plain words, for logs and timelines. */
  readonly reason: string;
}
