/** Time constant of the mean powers of both sounds, in frames: half a second of 16 ms. */
const MEAN_FRAMES = 31;

/** Played sound this far below its loudest is a pause: what is heard meanwhile tells nothing. */
const SOUNDING = 0.02;
/** The loudest is forgotten by so much a frame. */
const LOUDEST_KEPT = 0.9995;

/**
 * Nobody is sure of less than this (−50 dB), so that a loudspeaker in place of a headset is heard as one soon: the ceiling is lifted by
 * 10 dB for each second that an echo could be heard.
 */
const LOWEST_GAIN = 1e-5;
/** What is believed as long as nothing was played (−30 dB): most loudspeakers and headsets are below. */
const FIRST_GAIN = 1e-3;
const LIFT = 1.04;

/**
 * A frame may be so much louder (15 dB), against the loudest frame that it can be the echo of, than the means were: the loudspeaker of a
 * client that has lowered an answer is 12 dB louder again when it goes on.
 */
const MARGIN = 30;

/**
 * How loud the echo of what is played can be at most, from how little was heard while it was played. A microphone that
 * stayed silent through an answer hears none of the next one, whatever the first word of a user has in common with it.
 */
export class EchoCeiling {
  #playedMean = 0;
  #heardMean = 0;
  /** Of the frames that may still be heard. */
  readonly #playedMeans: number[];
  readonly #playedPowers: number[];
  readonly #silence: number;
  #loudest: number;
  /** Of the echo's power to that of what is played. */
  #gain = FIRST_GAIN;

  /** `delays` is how many frames an echo may come late; sound below the power `silence` is none, and a microphone that hears less is off. */
  constructor(delays: number, silence: number) {
    this.#playedMeans = Array.from({ length: delays }, () => 0);
    this.#playedPowers = [...this.#playedMeans];
    this.#silence = silence;
    this.#loudest = silence;
  }

  /** The powers of a frame: what is played, what the microphone heard, and the part of that above the noise of the room. */
  push(played: number, heard: number, audible: number): void {
    if (heard < this.#silence) this.#startAfresh();
    this.#playedMean += (played - this.#playedMean) / MEAN_FRAMES;
    this.#heardMean += (audible - this.#heardMean) / MEAN_FRAMES;
    shiftIn(this.#playedMeans, this.#playedMean);
    shiftIn(this.#playedPowers, played);
    this.#loudest = Math.max(this.#silence, this.#loudest * LOUDEST_KEPT, played);
    // Whatever the delay, at least so much of what was played could be heard.
    const least = Math.min(...this.#playedMeans);
    if (least < SOUNDING * this.#loudest) return;
    const gain = Math.max(LOWEST_GAIN, this.#heardMean / least);
    this.#gain = Math.min(this.#gain * LIFT, gain);
  }

  /** What was played while the microphone was off tells nothing; what it hears from now on does. */
  #startAfresh(): void {
    this.#playedMean = 0;
    this.#heardMean = 0;
    this.#playedMeans.fill(0);
  }

  /** Whether so much, above the noise of the room, is more than any echo can be now. */
  isExceededBy(audible: number): boolean {
    return audible > MARGIN * this.#gain * Math.max(...this.#playedPowers);
  }
}

function shiftIn(values: number[], value: number): void {
  values.shift();
  values.push(value);
}
