/** Correlates the courses of two sounds' bands for every delay of the first, with exponential forgetting. */
export class DelayCorrelation {
  readonly #bands: number;
  readonly #delays: number;
  readonly #weight: number;
  readonly #past: Float64Array[] = [];
  readonly #heardMean: Float64Array;
  readonly #playedMean: Float64Array;
  /** Of all bands together: covariance and variance of the played sound by delay, variance of the heard one. */
  readonly #covariance: Float64Array;
  readonly #playedVariance: Float64Array;
  #heardVariance = 0;

  constructor(bands: number, delays: number, weight: number) {
    this.#bands = bands;
    this.#delays = delays;
    this.#weight = weight;
    this.#heardMean = new Float64Array(bands);
    this.#playedMean = new Float64Array(bands * delays);
    this.#covariance = new Float64Array(delays);
    this.#playedVariance = new Float64Array(delays);
  }

  /** Takes a frame of each; returns the best delay in frames, and the correlation there. */
  push(played: Float64Array, heard: Float64Array): { readonly delay: number; readonly correlation: number } {
    if (this.#past.length === 0) this.#begin(played, heard);
    this.#past.push(played);
    if (this.#past.length > this.#delays) this.#past.shift();
    const deviations = this.#deviate(this.#heardMean, 0, heard);
    this.#heardVariance = this.#forget(this.#heardVariance, dot(deviations, deviations));
    let best = { delay: 0, correlation: 0 };
    for (let delay = 0; delay < this.#delays; delay++) {
      const correlation = this.#correlate(delay, deviations);
      if (correlation > best.correlation) best = { delay, correlation };
    }
    return best;
  }

  #begin(played: Float64Array, heard: Float64Array): void {
    this.#heardMean.set(heard);
    for (let delay = 0; delay < this.#delays; delay++) this.#playedMean.set(played, delay * this.#bands);
  }

  #correlate(delay: number, heardDeviations: Float64Array): number {
    const played = this.#past[Math.max(0, this.#past.length - 1 - delay)] as Float64Array;
    const deviations = this.#deviate(this.#playedMean, delay * this.#bands, played);
    const variance = this.#forget(this.#playedVariance[delay] as number, dot(deviations, deviations));
    const covariance = this.#forget(this.#covariance[delay] as number, dot(deviations, heardDeviations));
    this.#playedVariance[delay] = variance;
    this.#covariance[delay] = covariance;
    return covariance / Math.sqrt(variance * this.#heardVariance + 1e-6);
  }

  /** Differences from the running means that begin at `at`, which move towards `values`. */
  #deviate(means: Float64Array, at: number, values: Float64Array): Float64Array {
    const deviations = new Float64Array(this.#bands);
    for (let band = 0; band < this.#bands; band++) {
      const deviation = (values[band] as number) - (means[at + band] as number);
      deviations[band] = deviation;
      means[at + band] = (means[at + band] as number) + this.#weight * deviation;
    }
    return deviations;
  }

  #forget(before: number, now: number): number {
    return (1 - this.#weight) * (before + this.#weight * now);
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let index = 0; index < a.length; index++) total += (a[index] as number) * (b[index] as number);
  return total;
}
