import { RealFft } from "./fft.ts";

const LOWEST_HZ = 150;
const HIGHEST_HZ = 6500;

/** Power of short stretches of sound in bands of equal width on a logarithmic scale, 150 to 6,500 Hz. */
export class BandPower {
  readonly #fft: RealFft;
  readonly #window: Float64Array;
  readonly #frame: Float64Array;
  readonly #power: Float64Array;
  /** First frequency of each band, and the one behind the last band. */
  readonly #edges: readonly number[];

  /** @param frameSamples - length of a stretch; @param sampleRate - in Hz; @param bands - how many. */
  constructor(frameSamples: number, sampleRate: number, bands: number) {
    this.#fft = new RealFft(frameSamples);
    this.#frame = new Float64Array(frameSamples);
    this.#power = new Float64Array(this.#fft.bins);
    this.#window = Float64Array.from(
      this.#frame,
      (_, index) => Math.sin((Math.PI * index) / frameSamples) ** 2,
    );
    this.#edges = edgesOf(frameSamples / sampleRate, bands);
  }

  /** Power of each band of `samples` [frameSamples], Hann-windowed. */
  measure(samples: Float32Array): Float64Array {
    for (const [index, sample] of samples.entries()) {
      this.#frame[index] = sample * (this.#window[index] as number);
    }
    this.#fft.powerSpectrum(this.#frame, this.#power);
    const bands = new Float64Array(this.#edges.length - 1);
    for (const band of bands.keys()) {
      let sum = 0;
      const end = this.#edges[band + 1] as number;
      for (let bin = this.#edges[band] as number; bin < end; bin++) sum += this.#power[bin] as number;
      bands[band] = sum;
    }
    return bands;
  }
}

/** Each band has at least one frequency of its own. */
function edgesOf(seconds: number, bands: number): number[] {
  const edges: number[] = [];
  for (let band = 0; band <= bands; band++) {
    const bin = Math.round(LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** (band / bands) * seconds);
    edges.push(Math.max(bin, (edges.at(-1) ?? 0) + 1));
  }
  return edges;
}
