import { floatsToPcm16 } from "../../audio/index.ts";
import type { AntiphonError, Clock } from "../../streaming/index.ts";
import type { FloorLevel } from "../server/protocol.ts";
import { DUCKED_GAIN, type Speaker } from "./playout.ts";
import { startSoundProgram } from "./sound-programs.ts";

/** How long a change of level takes, so that it is not heard as a click. */
const FADE_MS = 10;
/** How much is with the program ahead of time: little, since it can no longer be stopped. */
const AHEAD_MS = 60;
/** From there to the ear, in a device's own buffer. */
const DEVICE_MS = 60;
/** After a stall this much is caught up with; the rest of the time is lost. */
const CATCH_UP_MS = 250;
const TICK_MS = 10;

/**
 * What is to be heard, taken out as fast as it is played. Lowered and held as the server says; held sound goes on where it
 * stood.
 */
export class SoundQueue implements Speaker {
  readonly #sampleRate: number;
  #waiting: { readonly turn: number; readonly samples: Float32Array }[] = [];
  #gain = 1;
  #targetGain = 1;
  #held = false;
  #turn = 0;
  #takenSamples = 0;

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
  }

  append(turn: number, samples: Float32Array): void {
    this.#waiting.push({ turn, samples });
  }

  setFloor(level: FloorLevel): void {
    this.#held = level === "paused";
    this.#targetGain = level === "full" ? 1 : DUCKED_GAIN;
  }

  interrupt(): void {
    this.#waiting = [];
    this.setFloor("full");
  }

  /** How much of a turn has been heard, if it is the last one that was. */
  playedMs(turn: number): number {
    const takenMs = turn === this.#turn ? (this.#takenSamples * 1000) / this.#sampleRate : 0;
    return Math.max(0, takenMs - AHEAD_MS - DEVICE_MS);
  }

  /** The next `count` samples of what is heard: silence where there is nothing. */
  take(count: number): Float32Array {
    const taken = new Float32Array(count);
    let filled = 0;
    while (!this.#held && filled < count) {
      const [next] = this.#waiting;
      if (next === undefined) break;
      const part = next.samples.subarray(0, count - filled);
      taken.set(part, filled);
      filled += part.length;
      this.#count(next.turn, part.length);
      const rest = next.samples.subarray(part.length);
      if (rest.length > 0) this.#waiting[0] = { turn: next.turn, samples: rest };
      else this.#waiting.shift();
    }
    return this.#faded(taken);
  }

  #count(turn: number, samples: number): void {
    if (turn !== this.#turn) this.#takenSamples = 0;
    this.#turn = turn;
    this.#takenSamples += samples;
  }

  #faded(samples: Float32Array): Float32Array {
    const step = (1 - DUCKED_GAIN) / ((FADE_MS * this.#sampleRate) / 1000);
    return samples.map((sample) => {
      const missing = this.#targetGain - this.#gain;
      this.#gain += Math.sign(missing) * Math.min(step, Math.abs(missing));
      return sample * this.#gain;
    });
  }
}

export interface Loudspeaker {
  readonly queue: SoundQueue;
  /** Never rejects; an error unless `close` ended it. */
  readonly ended: Promise<AntiphonError | undefined>;
  close(): void;
}

/**
 * This machine's loudspeaker, at `sampleRate` in Hz. It is always given sound, silence where there is nothing to say, since
 * devices that run dry take time to start again.
 * @throws AntiphonError `sound-unavailable`.
 */
export function openLoudspeaker(sampleRate: number, clock: Clock, device?: string): Loudspeaker {
  const { child, ended, stop } = startSoundProgram({ direction: "play", sampleRate, device });
  const queue = new SoundQueue(sampleRate);
  let startMs = clock.nowMs();
  let written = 0;
  const write = (): void => {
    const aheadMs = (written * 1000) / sampleRate - (clock.nowMs() - startMs);
    let missingMs = AHEAD_MS - aheadMs;
    if (missingMs > CATCH_UP_MS) {
      startMs += missingMs - CATCH_UP_MS;
      missingMs = CATCH_UP_MS;
    }
    // A program that does not take what it has got has a slower clock, or stands still: it gets nothing more meanwhile.
    if (missingMs <= 0 || (child.stdin?.writableLength ?? 0) > 0) return;
    const count = Math.round((missingMs * sampleRate) / 1000);
    written += count;
    child.stdin?.write(floatsToPcm16(queue.take(count)));
  };
  const ticker = setInterval(write, TICK_MS);
  void ended.then(() => {
    clearInterval(ticker);
  });
  const close = (): void => {
    clearInterval(ticker);
    stop();
  };
  return { queue, ended, close };
}
