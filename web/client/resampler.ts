/** Zero crossings of the sinc on each side: more are steeper and later. */
const ZERO_CROSSINGS = 16;
/** Share of the narrower band that passes; the rest is the slope of the filter. */
const PASS_BAND = 0.92;
const KAISER_BETA = 8;
const STEPS_PER_CROSSING = 256;

const kernel = windowedSinc();

/**
 * Changes the sample rate of a stream by band-limited interpolation (Julius O. Smith, "Digital Audio Resampling"): a sinc
 * in a Kaiser window, read from a table. However the stream is cut into pieces, the same samples come out.
 */
export class Resampler {
  /** A sample of the output lies `step / phases` samples of the input after the one before. */
  readonly #step: number;
  readonly #phases: number;
  readonly #weights: Weights;
  #pending: Float32Array;
  /** The next sample of the output lies `phase / phases` after this one of those that are pending. */
  #at: number;
  #phase = 0;

  /** @param from - rate of what comes in, in Hz. @param to - rate of what goes out. */
  constructor(from: number, to: number) {
    const divisor = greatestCommonDivisor(from, to);
    this.#step = from / divisor;
    this.#phases = to / divisor;
    this.#weights = weightsOf(from, to, this.#phases);
    this.#pending = new Float32Array(this.#weights.reach);
    this.#at = this.#weights.reach;
  }

  /** The samples that `input` completes; what is near its end comes with the next call, or with `flush`. */
  process(input: Float32Array): Float32Array {
    if (this.#step === this.#phases) return input.slice();
    const { reach } = this.#weights;
    const samples = new Float32Array(this.#pending.length + input.length);
    samples.set(this.#pending);
    samples.set(input, this.#pending.length);
    const inReach = samples.length - reach - 1 - this.#at;
    const length = Math.max(0, Math.ceil((inReach * this.#phases - this.#phase) / this.#step));
    const output = new Float32Array(length);
    // Between answers there is nothing but silence, and it need not be weighed.
    const isSilent = samples.every((sample) => sample === 0);
    for (let made = 0; made < length; made++) {
      if (!isSilent) output[made] = this.#interpolate(samples);
      this.#phase += this.#step;
      this.#at += Math.floor(this.#phase / this.#phases);
      this.#phase %= this.#phases;
    }
    const gone = Math.min(samples.length, Math.max(0, this.#at - reach));
    this.#pending = samples.slice(gone);
    this.#at -= gone;
    return output;
  }

  /** What is left of a stream that is over, as if silence followed. */
  flush(): Float32Array {
    return this.process(new Float32Array(this.#weights.reach + 1));
  }

  #interpolate(samples: Float32Array): number {
    const row = this.#weights.row(this.#phase);
    const first = this.#at - this.#weights.reach;
    let sum = 0;
    for (let tap = 0; tap < row.length; tap++) sum += (samples[first + tap] ?? 0) * (row[tap] ?? 0);
    return sum;
  }
}

/** The kernel's values for each place that a sample of the output can have between two of the input, made when needed. */
class Weights {
  /** So many samples on each side count. */
  readonly reach: number;
  readonly #phases: number;
  /** Of the kernel against the input: below 1 where the output's band is the narrower one. */
  readonly #scale: number;
  readonly #rows = new Map<number, Float32Array>();

  constructor(from: number, to: number, phases: number) {
    this.#scale = Math.min(1, to / from) * PASS_BAND;
    this.reach = Math.ceil(ZERO_CROSSINGS / this.#scale);
    this.#phases = phases;
  }

  /** What the samples from `reach` before to `reach` after count, for one that lies `phase / phases` after the middle. */
  row(phase: number): Float32Array {
    const known = this.#rows.get(phase);
    if (known !== undefined) return known;
    const row = Float32Array.from({ length: 2 * this.reach + 1 }, (_, tap) => {
      const distance = Math.abs(tap - this.reach - phase / this.#phases);
      return valueAt(distance * this.#scale) * this.#scale;
    });
    this.#rows.set(phase, row);
    return row;
  }
}

/** Kept for all streams of the same rates: each answer is one. */
const tables = new Map<string, Weights>();

function weightsOf(from: number, to: number, phases: number): Weights {
  const name = `${from}:${to}`;
  const weights = tables.get(name) ?? new Weights(from, to, phases);
  tables.set(name, weights);
  return weights;
}

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other);
}

/** The kernel at `x` zero crossings from its middle, between the steps of the table in a straight line. */
function valueAt(x: number): number {
  const place = x * STEPS_PER_CROSSING;
  const index = Math.floor(place);
  const left = kernel[index] ?? 0;
  return left + ((kernel[index + 1] ?? 0) - left) * (place - index);
}

function windowedSinc(): Float32Array {
  const length = ZERO_CROSSINGS * STEPS_PER_CROSSING;
  const norm = besselI0(KAISER_BETA);
  return Float32Array.from({ length: length + 1 }, (_, step) => {
    const x = step / STEPS_PER_CROSSING;
    const sinc = step === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    return (sinc * besselI0(KAISER_BETA * Math.sqrt(1 - (step / length) ** 2))) / norm;
  });
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
