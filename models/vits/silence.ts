/** Below this a sample is as good as silent: -40 dB of full scale. */
const AUDIBLE = 0.01;

/** Index of the first audible sample; the length where there is none. */
export function firstAudible(samples: Float32Array): number {
  const index = samples.findIndex((sample) => Math.abs(sample) > AUDIBLE);
  return index === -1 ? samples.length : index;
}

/** Index after the last audible sample; 0 where there is none. */
export function lastAudible(samples: Float32Array): number {
  return samples.findLastIndex((sample) => Math.abs(sample) > AUDIBLE) + 1;
}

/** The samples with their last silence made `silence` samples long. A fresh array. */
export function withFinalSilence(samples: Float32Array, silence: number): Float32Array {
  const audible = lastAudible(samples);
  const result = new Float32Array(audible + silence);
  result.set(samples.subarray(0, Math.min(samples.length, result.length)));
  return result;
}
