/** The level reported for digital silence, in dBFS: a finite floor, so that levels can be compared and averaged. */
export const SILENCE_DBFS = -120;

/** How loud a stretch of sound is. 0 dBFS is full scale; a full-scale sine has an RMS of -3 dBFS. */
export interface Level {
  readonly rmsDbfs: number;
  readonly peakDbfs: number;
}

/** Measures a stretch of sound; one without samples is silent. */
export function measureLevel(samples: Float32Array): Level {
  let energy = 0;
  let peak = 0;
  for (const sample of samples) {
    energy += sample * sample;
    peak = Math.max(peak, Math.abs(sample));
  }
  const rms = samples.length === 0 ? 0 : Math.sqrt(energy / samples.length);
  return { rmsDbfs: amplitudeToDbfs(rms), peakDbfs: amplitudeToDbfs(peak) };
}

/** Decibels relative to full scale of an amplitude >= 0, never below {@link SILENCE_DBFS}. */
function amplitudeToDbfs(amplitude: number): number {
  return Math.max(SILENCE_DBFS, 20 * Math.log10(amplitude));
}
