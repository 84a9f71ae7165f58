import libsamplerate from "@alexanderolsen/libsamplerate-js";

import { AudioError } from "./errors.ts";

/** Sample rates in Hz that can be resampled; telephone to studio. */
export const SAMPLE_RATES = { lowest: 4_000, highest: 192_000 } as const;

/** Longest stretch given to the library at once, in samples: keeps its intermediate buffers small. */
const BLOCK = 16_384;

type Converter = Awaited<ReturnType<typeof libsamplerate.create>>;

/**
 * Changes the sample rate of one mono stream, with state from one chunk to the next (libsamplerate's band-limited sinc
 * interpolation, 121 dB). The output is in step with the input, but its last 3-6 ms come only with what follows, or
 * with {@link flush}. One second of 48 kHz costs about 11 ms of one core. Equal rates pass through unchanged.
 */
export class Resampler {
  readonly inputRate: number;
  readonly outputRate: number;
  readonly #converter: Converter | undefined;
  #consumed = 0;
  #produced = 0;

  private constructor(inputRate: number, outputRate: number, converter: Converter | undefined) {
    this.inputRate = inputRate;
    this.outputRate = outputRate;
    this.#converter = converter;
  }

  /**
   * Loads the converter, a WebAssembly module of its own (10 ms, 2 MB resident): keep it for the next stream, which
   * {@link flush} makes it ready for.
   * @throws AudioError `audio-rate` for rates in Hz outside {@link SAMPLE_RATES}.
   */
  static async open(inputRate: number, outputRate: number): Promise<Resampler> {
    for (const rate of [inputRate, outputRate]) {
      if (!Number.isInteger(rate) || rate < SAMPLE_RATES.lowest || rate > SAMPLE_RATES.highest) {
        const range = `${SAMPLE_RATES.lowest} to ${SAMPLE_RATES.highest}`;
        throw new AudioError("audio-rate", `a sample rate of ${rate} Hz is not supported, only ${range}`);
      }
    }
    if (inputRate === outputRate) return new Resampler(inputRate, outputRate, undefined);
    const converterType = libsamplerate.ConverterType.SRC_SINC_MEDIUM_QUALITY;
    const converter = await libsamplerate.create(1, inputRate, outputRate, { converterType });
    return new Resampler(inputRate, outputRate, converter);
  }

  /** What can be said after these samples; owned by the caller. NaN and infinities count as silence. */
  process(samples: Float32Array): Float32Array {
    this.#consumed += samples.length;
    const output =
      this.#converter === undefined ? finite(samples) : this.#convert(this.#converter, finite(samples));
    this.#produced += output.length;
    return output === samples ? samples.slice() : output;
  }

  /**
   * The rest of the stream, so that all output together lasts as long as all input, to the nearest sample. Whatever
   * is processed next belongs to a new stream.
   */
  flush(): Float32Array {
    const missing = Math.round((this.#consumed * this.outputRate) / this.inputRate) - this.#produced;
    this.#consumed = 0;
    this.#produced = 0;
    if (this.#converter === undefined || missing <= 0) return new Float32Array(0);
    // 100 ms of silence push out everything: the filter is never longer.
    const tail = this.#convert(this.#converter, new Float32Array(Math.ceil(this.inputRate / 10)));
    this.#converter.inputSampleRate = this.inputRate; // setting it is the library's way to forget the past
    return tail.slice(0, missing);
  }

  /** Gives the converter's memory back; the resampler cannot be used afterwards. */
  close(): void {
    if (this.#converter?.isDestroyed === false) this.#converter.destroy();
  }

  #convert(converter: Converter, samples: Float32Array): Float32Array {
    if (samples.length <= BLOCK) return converter.full(samples);
    const output = new Float32Array(Math.ceil((samples.length + BLOCK) * (this.outputRate / this.inputRate)));
    let written = 0;
    for (let start = 0; start < samples.length; start += BLOCK) {
      const block = converter.full(samples.subarray(start, start + BLOCK));
      output.set(block, written);
      written += block.length;
    }
    return output.slice(0, written);
  }
}

/** Resamples a whole recording; the result is owned by the caller. */
export async function resample(
  samples: Float32Array,
  inputRate: number,
  outputRate: number,
): Promise<Float32Array> {
  const resampler = await Resampler.open(inputRate, outputRate);
  const body = resampler.process(samples);
  const tail = resampler.flush();
  resampler.close();
  const whole = new Float32Array(body.length + tail.length);
  whole.set(body);
  whole.set(tail, body.length);
  return whole;
}

/** `samples` itself where all are finite, else a copy with zeros in their place. */
function finite(samples: Float32Array): Float32Array {
  return samples.every(Number.isFinite)
    ? samples
    : samples.map((sample) => (Number.isFinite(sample) ? sample : 0));
}
