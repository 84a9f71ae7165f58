/**
 * Fourier transform of real signals whose half length is a product of 2, 4 and 5 (400 for Whisper's frames, any power
 * of two). Method: Stockham's self-sorting mixed-radix FFT on half the length (the even samples as real, the odd ones
 * as imaginary part), then unpacking. Everything is tabulated in the constructor; a transform allocates nothing.
 */
export class RealFft {
  /** Number of real samples. */
  readonly size: number;
  /** Number of frequencies, size / 2 + 1. */
  readonly bins: number;
  readonly #stages: readonly Stage[];
  /** Interleaved complex numbers, twice: each stage reads one and writes the other. */
  #from: Float64Array;
  #to: Float64Array;
  /** cos and sin of -2πk / size, interleaved. */
  readonly #unpacking: Float64Array;

  /** @throws RangeError where `size` is not twice a product of 2, 4 and 5. */
  constructor(size: number) {
    this.size = size;
    this.bins = size / 2 + 1;
    this.#stages = planStages(size / 2);
    this.#from = new Float64Array(size);
    this.#to = new Float64Array(size);
    this.#unpacking = unitCircle(this.bins, (index) => index / size);
  }

  /** Squared magnitudes of the transform of `input` [size], written to `output` [size / 2 + 1]. */
  powerSpectrum(input: Float64Array, output: Float64Array): void {
    this.#transform(input);
    const packed = this.#from;
    const half = this.size / 2;
    for (let bin = 0; bin <= half; bin++) {
      const low = 2 * (bin === half ? 0 : bin);
      const high = 2 * (bin === 0 ? 0 : half - bin);
      const lowReal = packed[low] as number;
      const lowImaginary = packed[low + 1] as number;
      const highReal = packed[high] as number;
      const highImaginary = packed[high + 1] as number;
      const oddReal = lowImaginary + highImaginary;
      const oddImaginary = highReal - lowReal;
      const cosine = this.#unpacking[2 * bin] as number;
      const sine = this.#unpacking[2 * bin + 1] as number;
      const real = 0.5 * (lowReal + highReal + cosine * oddReal - sine * oddImaginary);
      const imaginary = 0.5 * (lowImaginary - highImaginary + cosine * oddImaginary + sine * oddReal);
      output[bin] = real * real + imaginary * imaginary;
    }
  }

  #transform(input: Float64Array): void {
    this.#from.set(input);
    for (const stage of this.#stages) {
      BUTTERFLIES[stage.radix](stage, this.#from, this.#to);
      [this.#from, this.#to] = [this.#to, this.#from];
    }
  }
}

type Radix = 2 | 4 | 5;

/** `blocks` butterflies of `radix` points, each for `stride` interleaved transforms. */
interface Stage {
  readonly radix: Radix;
  readonly blocks: number;
  readonly stride: number;
  /** For block p and output k in 1..radix-1: cos and sin of -2πpk / (radix · blocks). */
  readonly twiddles: Float64Array;
}

function planStages(length: number): Stage[] {
  const stages: Stage[] = [];
  let rest = length;
  let stride = 1;
  while (rest > 1) {
    const radix = ([4, 5, 2] as const).find((candidate) => rest % candidate === 0);
    if (radix === undefined) throw new RangeError(`${length} is not a product of 2, 4 and 5`);
    const whole = rest;
    const outputs = radix - 1;
    const angle = (index: number): number => (Math.floor(index / outputs) * ((index % outputs) + 1)) / whole;
    rest /= radix;
    stages.push({ radix, blocks: rest, stride, twiddles: unitCircle(rest * outputs, angle) });
    stride *= radix;
  }
  return stages;
}

/** cos and sin of -2π · turns(index), interleaved. */
function unitCircle(count: number, turns: (index: number) => number): Float64Array {
  const table = new Float64Array(2 * count);
  for (let index = 0; index < count; index++) {
    const angle = -2 * Math.PI * turns(index);
    table[2 * index] = Math.cos(angle);
    table[2 * index + 1] = Math.sin(angle);
  }
  return table;
}

type Butterfly = (stage: Stage, from: Float64Array, to: Float64Array) => void;

/** Writes the complex number (real, imaginary) times twiddle number `index` to `to[at]`. */
function twiddled(
  stage: Stage,
  index: number,
  real: number,
  imaginary: number,
  to: Float64Array,
  at: number,
): void {
  const cosine = stage.twiddles[2 * index] as number;
  const sine = stage.twiddles[2 * index + 1] as number;
  to[at] = real * cosine - imaginary * sine;
  to[at + 1] = real * sine + imaginary * cosine;
}

const radix2: Butterfly = (stage, from, to) => {
  const { blocks, stride } = stage;
  const step = 2 * stride;
  for (let block = 0; block < blocks; block++) {
    for (let lane = 0; lane < step; lane += 2) {
      const first = block * step + lane;
      const second = first + blocks * step;
      const ar = from[first] as number;
      const ai = from[first + 1] as number;
      const br = from[second] as number;
      const bi = from[second + 1] as number;
      const target = 2 * block * step + lane;
      to[target] = ar + br;
      to[target + 1] = ai + bi;
      twiddled(stage, block, ar - br, ai - bi, to, target + step);
    }
  }
};

const radix4: Butterfly = (stage, from, to) => {
  const { blocks, stride } = stage;
  const step = 2 * stride;
  const apart = blocks * step;
  for (let block = 0; block < blocks; block++) {
    for (let lane = 0; lane < step; lane += 2) {
      const at = block * step + lane;
      const sumReal = (from[at] as number) + (from[at + 2 * apart] as number);
      const sumImaginary = (from[at + 1] as number) + (from[at + 2 * apart + 1] as number);
      const differenceReal = (from[at] as number) - (from[at + 2 * apart] as number);
      const differenceImaginary = (from[at + 1] as number) - (from[at + 2 * apart + 1] as number);
      const oddSumReal = (from[at + apart] as number) + (from[at + 3 * apart] as number);
      const oddSumImaginary = (from[at + apart + 1] as number) + (from[at + 3 * apart + 1] as number);
      const oddDifferenceReal = (from[at + apart] as number) - (from[at + 3 * apart] as number);
      const oddDifferenceImaginary = (from[at + apart + 1] as number) - (from[at + 3 * apart + 1] as number);
      const target = 4 * block * step + lane;
      to[target] = sumReal + oddSumReal;
      to[target + 1] = sumImaginary + oddSumImaginary;
      twiddled(
        stage,
        3 * block,
        differenceReal + oddDifferenceImaginary,
        differenceImaginary - oddDifferenceReal,
        to,
        target + step,
      );
      twiddled(
        stage,
        3 * block + 1,
        sumReal - oddSumReal,
        sumImaginary - oddSumImaginary,
        to,
        target + 2 * step,
      );
      twiddled(
        stage,
        3 * block + 2,
        differenceReal - oddDifferenceImaginary,
        differenceImaginary + oddDifferenceReal,
        to,
        target + 3 * step,
      );
    }
  }
};

const COS_72 = Math.cos((2 * Math.PI) / 5);
const SIN_72 = Math.sin((2 * Math.PI) / 5);
const COS_144 = Math.cos((4 * Math.PI) / 5);
const SIN_144 = Math.sin((4 * Math.PI) / 5);

const radix5: Butterfly = (stage, from, to) => {
  const { blocks, stride } = stage;
  const step = 2 * stride;
  const apart = blocks * step;
  for (let block = 0; block < blocks; block++) {
    for (let lane = 0; lane < step; lane += 2) {
      const at = block * step + lane;
      const zeroReal = from[at] as number;
      const zeroImaginary = from[at + 1] as number;
      const outerReal = (from[at + apart] as number) + (from[at + 4 * apart] as number);
      const outerImaginary = (from[at + apart + 1] as number) + (from[at + 4 * apart + 1] as number);
      const outerTurnReal = (from[at + apart + 1] as number) - (from[at + 4 * apart + 1] as number);
      const outerTurnImaginary = (from[at + 4 * apart] as number) - (from[at + apart] as number);
      const innerReal = (from[at + 2 * apart] as number) + (from[at + 3 * apart] as number);
      const innerImaginary = (from[at + 2 * apart + 1] as number) + (from[at + 3 * apart + 1] as number);
      const innerTurnReal = (from[at + 2 * apart + 1] as number) - (from[at + 3 * apart + 1] as number);
      const innerTurnImaginary = (from[at + 3 * apart] as number) - (from[at + 2 * apart] as number);
      const nearReal = zeroReal + COS_72 * outerReal + COS_144 * innerReal;
      const nearImaginary = zeroImaginary + COS_72 * outerImaginary + COS_144 * innerImaginary;
      const nearTurnReal = SIN_72 * outerTurnReal + SIN_144 * innerTurnReal;
      const nearTurnImaginary = SIN_72 * outerTurnImaginary + SIN_144 * innerTurnImaginary;
      const farReal = zeroReal + COS_144 * outerReal + COS_72 * innerReal;
      const farImaginary = zeroImaginary + COS_144 * outerImaginary + COS_72 * innerImaginary;
      const farTurnReal = SIN_144 * outerTurnReal - SIN_72 * innerTurnReal;
      const farTurnImaginary = SIN_144 * outerTurnImaginary - SIN_72 * innerTurnImaginary;
      const target = 5 * block * step + lane;
      const twiddle = 4 * block;
      to[target] = zeroReal + outerReal + innerReal;
      to[target + 1] = zeroImaginary + outerImaginary + innerImaginary;
      twiddled(stage, twiddle, nearReal + nearTurnReal, nearImaginary + nearTurnImaginary, to, target + step);
      twiddled(
        stage,
        twiddle + 1,
        farReal + farTurnReal,
        farImaginary + farTurnImaginary,
        to,
        target + 2 * step,
      );
      twiddled(
        stage,
        twiddle + 2,
        farReal - farTurnReal,
        farImaginary - farTurnImaginary,
        to,
        target + 3 * step,
      );
      twiddled(
        stage,
        twiddle + 3,
        nearReal - nearTurnReal,
        nearImaginary - nearTurnImaginary,
        to,
        target + 4 * step,
      );
    }
  }
};

const BUTTERFLIES: Readonly<Record<Radix, Butterfly>> = { 2: radix2, 4: radix4, 5: radix5 };
