import { msToSamples } from "../../audio/index.ts";

/** One reflection of a sound. */
export interface Reflection {
  readonly delayMs: number;
  readonly gainDb: number;
}

/** Coefficients of a second-order filter, divided by a0. */
interface Biquad {
  readonly b: readonly [number, number, number];
  readonly a: readonly [number, number];
}

/** Flat in the passband (Butterworth). */
const FLAT_Q = Math.SQRT1_2;

/** The factor of an amplitude in decibels. */
export function decibels(db: number): number {
  return 10 ** (db / 20);
}

/** The sound louder or softer by `db`. */
export function amplify(samples: Float32Array, db: number): Float32Array {
  const factor = decibels(db);
  return samples.map((sample) => sample * factor);
}

/**
 * Takes away what lies above `cutoffHz`, 12 dB per octave, -3 dB at the cut-off (R. Bristow-Johnson, "Cookbook
 * formulae for audio EQ biquad filter coefficients", LPF).
 */
export function lowPass(samples: Float32Array, cutoffHz: number, sampleRate: number): Float32Array {
  const angle = (2 * Math.PI * cutoffHz) / sampleRate;
  const cosine = Math.cos(angle);
  const alpha = Math.sin(angle) / (2 * FLAT_Q);
  const a0 = 1 + alpha;
  const edge = (1 - cosine) / 2 / a0;
  return filter(samples, { b: [edge, 2 * edge, edge], a: [(-2 * cosine) / a0, (1 - alpha) / a0] });
}

/** Raises or lowers what lies above `cornerHz` by `db`; half of it at the corner (the same cookbook's highShelf). */
export function highShelf(
  samples: Float32Array,
  cornerHz: number,
  db: number,
  sampleRate: number,
): Float32Array {
  const amplitude = 10 ** (db / 40);
  const angle = (2 * Math.PI * cornerHz) / sampleRate;
  const cosine = Math.cos(angle);
  const slope = (2 * Math.sqrt(amplitude) * Math.sin(angle)) / (2 * FLAT_Q);
  const [up, down] = [amplitude + 1, amplitude - 1];
  const a0 = up - down * cosine + slope;
  return filter(samples, {
    b: [
      (amplitude * (up + down * cosine + slope)) / a0,
      (-2 * amplitude * (down + up * cosine)) / a0,
      (amplitude * (up + down * cosine - slope)) / a0,
    ],
    a: [(2 * (down - up * cosine)) / a0, (up - down * cosine - slope) / a0],
  });
}

/** Adds reflections to a sound, which gets longer by the latest of them. */
export function reflect(
  samples: Float32Array,
  reflections: readonly Reflection[],
  sampleRate: number,
): Float32Array {
  const delays = reflections.map(({ delayMs }) => msToSamples(delayMs, sampleRate));
  const sound = new Float32Array(samples.length + Math.max(0, ...delays));
  sound.set(samples);
  for (const [index, { gainDb }] of reflections.entries()) {
    mixInto(sound, amplify(samples, gainDb), delays[index] ?? 0);
  }
  return sound;
}

/** Adds `samples` to `sound` from sample `at` on; what does not fit is left out. */
export function mixInto(sound: Float32Array, samples: Float32Array, at: number): void {
  const length = Math.min(samples.length, sound.length - at);
  for (let index = 0; index < length; index += 1) {
    sound[at + index] = (sound[at + index] ?? 0) + (samples[index] ?? 0);
  }
}

function filter(samples: Float32Array, { b, a }: Biquad): Float32Array {
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  return samples.map((x) => {
    const y = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    return y;
  });
}
