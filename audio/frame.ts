/** The sample rate in Hz at which everything inside listens. Streams of other rates are resampled at the edge. */
export const LISTENING_SAMPLE_RATE = 16_000;

/** Length of one frame on the wire and in the pipeline, in milliseconds. */
export const FRAME_MS = 20;

/** A stretch of a mono stream. `samples` lie in [-1, 1]; the receiver must not change them. */
export interface AudioFrame {
  readonly samples: Float32Array;
  /** In Hz. */
  readonly sampleRate: number;
}

/** Milliseconds that `samples` samples last at `sampleRate` Hz. */
export function samplesToMs(samples: number, sampleRate: number): number {
  return (samples * 1000) / sampleRate;
}

/** Whole samples in `ms` milliseconds at `sampleRate` Hz, rounded to the nearest. */
export function msToSamples(ms: number, sampleRate: number): number {
  return Math.round((ms * sampleRate) / 1000);
}
