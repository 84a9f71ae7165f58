/**
 * A fake voice: every phrase is a tone of its own frequency, so that a fake recognizer can tell phrases apart by what
 * it hears and needs no knowledge of when it is asked.
 * @param frequency - in Hz.
 * @returns mono samples at `sampleRate`, amplitude 0.5.
 */
export function tone(frequency: number, durationMs: number, sampleRate = 16_000): Float32Array {
  const samples = new Float32Array(Math.round((durationMs * sampleRate) / 1000));
  for (let index = 0; index < samples.length; index++) {
    samples[index] = 0.5 * Math.sin((2 * Math.PI * frequency * index) / sampleRate);
  }
  return samples;
}

/** Frequency in Hz of the tone in `samples`, from its zero crossings; silence around it does not count. 0 for silence. */
export function dominantFrequency(samples: Float32Array, sampleRate: number): number {
  let first = -1;
  let last = -1;
  let crossings = 0;
  let above = false;
  for (const [index, sample] of samples.entries()) {
    if (Math.abs(sample) < AUDIBLE) continue;
    const nowAbove = sample > 0;
    if (first >= 0 && nowAbove !== above) {
      crossings += 1;
      last = index;
      if (crossings === 1) first = index;
    } else if (first < 0) first = index;
    above = nowAbove;
  }
  return crossings < 2 ? 0 : ((crossings - 1) * sampleRate) / (2 * (last - first));
}

/** How long the tone in `samples` sounds. */
export function audibleMs(samples: Float32Array, sampleRate: number): number {
  const first = samples.findIndex((sample) => Math.abs(sample) >= AUDIBLE);
  const last = samples.findLastIndex((sample) => Math.abs(sample) >= AUDIBLE);
  return first < 0 ? 0 : ((last - first + 1) * 1000) / sampleRate;
}

const AUDIBLE = 0.05;
