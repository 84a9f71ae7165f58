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
  readonly #from: number;
  readonly #to: number;
  /** Of the kernel against the input: below 1 where the output's band is the narrower one. */
  readonly #scale: number;
  readonly #reach: number;
  #pending: Float32Array;
  /** Of the stream's samples, counted from `reach` zeros before the first, those that are gone. */
  #dropped = 0;
  #produced = 0;

  /** @param from - rate of what comes in, in Hz. @param to - rate of what goes out. */
  constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
    this.#scale = Math.min(1, to / from) * PASS_BAND;
    this.#reach = Math.ceil(ZERO_CROSSINGS / this.#scale);
    this.#pending = new Float32Array(this.#reach);
  }

  /** The samples that `input` completes; what is near its end comes with the next call, or with `flush`. */
  process(input: Float32Array): Float32Array {
    if (this.#from === this.#to) return input.slice();
    const samples = new Float32Array(this.#pending.length + input.length);
    samples.set(this.#pending);
    samples.set(input, this.#pending.length);
    const last = samples.length - this.#reach - 1;
    const output: number[] = [];
    let center = this.#center;
    for (; center < last; center = this.#center) {
      output.push(this.#interpolate(samples, center));
      this.#produced += 1;
    }
    const gone = Math.min(samples.length, Math.max(0, Math.floor(center) - this.#reach));
    this.#pending = samples.slice(gone);
    this.#dropped += gone;
    return Float32Array.from(output);
  }

  /** What is left of a stream that is over, as if silence followed. */
  flush(): Float32Array {
    return this.process(new Float32Array(this.#reach + 1));
  }

  /** Where the next sample of the output lies among those that are pending. */
  get #center(): number {
    return (this.#produced * this.#from) / this.#to + this.#reach - this.#dropped;
  }

  #interpolate(samples: Float32Array, center: number): number {
    const first = Math.ceil(center - this.#reach);
    const end = Math.floor(center + this.#reach);
    let sum = 0;
    for (let at = first; at <= end; at++) {
      sum += (samples[at] ?? 0) * valueAt(Math.abs(at - center) * this.#scale);
    }
    return sum * this.#scale;
  }
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
