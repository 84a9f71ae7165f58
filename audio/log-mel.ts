import { RealFft } from "./fft.ts";
import { LISTENING_SAMPLE_RATE } from "./frame.ts";
import { melFilters, type MelFilter } from "./mel-filters.ts";

/** Samples from one frame to the next, at 16 kHz: 10 ms. */
export const LOG_MEL_HOP = 160;
const WINDOW = 400;
const HALF_WINDOW = WINDOW / 2;
const POWER_FLOOR = 1e-10;
const LOG_FLOOR = Math.log10(POWER_FLOOR);
const DYNAMIC_RANGE = 8;

/** Filters of Whisper's models: 80, or 128 from large-v3 on. */
export type MelBins = 80 | 128;

/** Features as Whisper's encoder takes them: `data` is [melBins, frames], row-major, owned by the receiver. */
export interface LogMelFeatures {
  readonly data: Float32Array;
  readonly melBins: MelBins;
  readonly frames: number;
}

/** Whisper's features of a whole stretch of mono sound at 16 kHz; see {@link LogMelStream.features}. */
export function logMel(samples: Float32Array, melBins: MelBins, marginFrames = 0): LogMelFeatures {
  const stream = new LogMelStream(melBins);
  stream.append(samples);
  return stream.features(marginFrames);
}

/**
 * Whisper's log-mel spectrogram (Radford et al. 2022, section 2.2; equal to Hugging Face's WhisperFeatureExtractor
 * within 1e-4), computed as the sound arrives: a frame is transformed once, when the last of its 25 ms is there, and
 * kept before normalisation, because that depends on the loudest frame of all. Frame t is centred on sample 160 t and
 * n samples have floor(n / 160) frames. A stream belongs to one utterance; there is no reset, make a new one.
 */
export class LogMelStream {
  readonly melBins: MelBins;
  readonly #analysis: FrameAnalysis;
  /** Samples from `#heldFrom` on: what frames to come still need. */
  #held = new Float32Array(4 * WINDOW);
  #heldFrom = 0;
  #sampleCount = 0;
  /** log10 of the mel powers of complete frames, [frame, bin]. */
  #logPowers: Float32Array<ArrayBuffer>;
  #completeFrames = 0;
  #loudest = LOG_FLOOR;

  constructor(melBins: MelBins) {
    this.melBins = melBins;
    this.#analysis = frameAnalysis(melBins);
    this.#logPowers = new Float32Array(100 * melBins);
  }

  /** Samples appended so far. */
  get sampleCount(): number {
    return this.#sampleCount;
  }

  /** Hears on. Copies what it needs of `samples`. */
  append(samples: Float32Array): void {
    const heldCount = this.#sampleCount - this.#heldFrom;
    this.#held = grown(this.#held, heldCount, heldCount + samples.length);
    this.#held.set(samples, heldCount);
    this.#sampleCount += samples.length;
    this.#computeCompleteFrames();
    this.#forgetUsedSamples();
  }

  /**
   * The features so far, normalised over these frames as the reference does. `marginFrames` frames of silence follow
   * the sound, which Whisper needs to find its end; with two or more, the frames equal the beginning of what the
   * reference makes of the sound padded to 30 s. Without, the end is mirrored, as the reference does unpadded.
   */
  features(marginFrames = 0): LogMelFeatures {
    const { melBins } = this;
    const paddedCount = this.#sampleCount + marginFrames * LOG_MEL_HOP;
    const frames = Math.floor(paddedCount / LOG_MEL_HOP);
    const data = new Float32Array(melBins * frames);
    const lastFrames = new Float32Array(melBins);
    const soundFrames = Math.min(frames, Math.ceil((this.#sampleCount + HALF_WINDOW) / LOG_MEL_HOP));
    let loudest = this.#loudest;
    for (let frame = 0; frame < soundFrames; frame++) {
      if (frame < this.#completeFrames) {
        this.#transpose(this.#logPowers, frame * melBins, data, frame, frames);
        continue;
      }
      loudest = Math.max(loudest, this.#computeFrame(frame, paddedCount, lastFrames, 0));
      this.#transpose(lastFrames, 0, data, frame, frames);
    }
    for (let bin = 0; bin < melBins; bin++)
      data.fill(LOG_FLOOR, bin * frames + soundFrames, (bin + 1) * frames);
    normalize(data, loudest);
    return { data, melBins, frames };
  }

  #computeCompleteFrames(): void {
    for (;;) {
      const frame = this.#completeFrames;
      // The first frames also mirror the samples 1..200 to before the beginning.
      if (this.#sampleCount < Math.max(frame * LOG_MEL_HOP, 1) + HALF_WINDOW) return;
      const at = frame * this.melBins;
      this.#logPowers = grown(this.#logPowers, at, at + this.melBins);
      this.#loudest = Math.max(this.#loudest, this.#computeFrame(frame, Infinity, this.#logPowers, at));
      this.#completeFrames++;
    }
  }

  /** Writes the frame's log powers to `output[at..]` and returns the greatest. */
  #computeFrame(frame: number, paddedCount: number, output: Float32Array, at: number): number {
    const { windowed } = this.#analysis;
    const firstSample = frame * LOG_MEL_HOP - HALF_WINDOW;
    if (firstSample >= 0 && firstSample + WINDOW <= this.#sampleCount) {
      windowed.set(this.#held.subarray(firstSample - this.#heldFrom, firstSample - this.#heldFrom + WINDOW));
    } else {
      for (let index = 0; index < WINDOW; index++) {
        const position = mirrored(firstSample + index, paddedCount);
        windowed[index] = position < this.#sampleCount ? (this.#held[position - this.#heldFrom] ?? 0) : 0;
      }
    }
    return this.#analysis.logPowers(output, at);
  }

  #forgetUsedSamples(): void {
    const neededFrom = Math.max(0, this.#completeFrames * LOG_MEL_HOP - HALF_WINDOW);
    this.#held.copyWithin(0, neededFrom - this.#heldFrom, this.#sampleCount - this.#heldFrom);
    this.#heldFrom = neededFrom;
  }

  #transpose(from: Float32Array, at: number, data: Float32Array, frame: number, frames: number): void {
    for (let bin = 0; bin < this.melBins; bin++) data[bin * frames + frame] = from[at + bin] as number;
  }
}

/** Buffers and tables to analyse one frame; shared by all streams, as an analysis is never interrupted. */
class FrameAnalysis {
  /** The frame's samples go in here, not yet windowed. */
  readonly windowed = new Float64Array(WINDOW);
  readonly #window = Float64Array.from(
    { length: WINDOW },
    (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / WINDOW),
  );
  readonly #fft = new RealFft(WINDOW);
  readonly #power = new Float64Array(this.#fft.bins);
  readonly #filters: readonly MelFilter[];

  constructor(melBins: MelBins) {
    this.#filters = melFilters(melBins, this.#fft.bins, LISTENING_SAMPLE_RATE);
  }

  /** Writes log10 of each filter's power to `output[at..]` and returns the greatest. */
  logPowers(output: Float32Array, at: number): number {
    for (let index = 0; index < WINDOW; index++) {
      this.windowed[index] = (this.windowed[index] as number) * (this.#window[index] as number);
    }
    this.#fft.powerSpectrum(this.windowed, this.#power);
    let loudest = LOG_FLOOR;
    for (const [bin, { firstBin, weights }] of this.#filters.entries()) {
      let power = 0;
      for (let index = 0; index < weights.length; index++) {
        power += (weights[index] as number) * (this.#power[firstBin + index] as number);
      }
      const logPower = Math.log10(Math.max(power, POWER_FLOOR));
      output[at + bin] = logPower;
      loudest = Math.max(loudest, logPower);
    }
    return loudest;
  }
}

const analyses = new Map<MelBins, FrameAnalysis>();

function frameAnalysis(melBins: MelBins): FrameAnalysis {
  const analysis = analyses.get(melBins) ?? new FrameAnalysis(melBins);
  analyses.set(melBins, analysis);
  return analysis;
}

/** The position in [0, count) that stands for `position` where the signal is mirrored at its first and last sample. */
function mirrored(position: number, count: number): number {
  if (count === Infinity || count < 2) return count < 2 ? 0 : Math.abs(position);
  const period = 2 * (count - 1);
  const inPeriod = ((position % period) + period) % period;
  return Math.min(inPeriod, period - inPeriod);
}

/** Whisper's scaling, in place: nothing more than 8 decades below the loudest, then (x + 4) / 4. */
function normalize(data: Float32Array, loudest: number): void {
  const floor = loudest - DYNAMIC_RANGE;
  for (let index = 0; index < data.length; index++)
    data[index] = (Math.max(data[index] as number, floor) + 4) / 4;
}

/** `array`, or a copy of its first `used` elements with room for `needed`, at least doubled. */
function grown(array: Float32Array<ArrayBuffer>, used: number, needed: number): Float32Array<ArrayBuffer> {
  if (needed <= array.length) return array;
  const larger = new Float32Array(Math.max(needed, 2 * array.length));
  larger.set(array.subarray(0, used));
  return larger;
}
