/** One triangular filter: `weights` apply to the power spectrum from frequency bin `firstBin` on. */
export interface MelFilter {
  readonly firstBin: number;
  readonly weights: Float64Array;
}

/**
 * Triangular filters on Slaney's mel scale (linear to 1 kHz, logarithmic above), each of equal area, from 0 Hz to half
 * the sample rate. Source: M. Slaney, Auditory Toolbox (1998), in the form that librosa and Whisper use.
 * @param bins - frequency bins of the power spectrum, evenly spaced from 0 Hz to half the sample rate
 */
export function melFilters(count: number, bins: number, sampleRate: number): MelFilter[] {
  const nyquist = sampleRate / 2;
  const topMel = hertzToMel(nyquist);
  const corners = Array.from({ length: count + 2 }, (_, index) => melToHertz((topMel * index) / (count + 1)));
  return Array.from({ length: count }, (_, index) => {
    const [left, centre, right] = corners.slice(index, index + 3) as [number, number, number];
    const area = 2 / (right - left);
    const weightAt = (bin: number): number => {
      const hertz = (bin * nyquist) / (bins - 1);
      return (
        area * Math.max(0, Math.min((hertz - left) / (centre - left), (right - hertz) / (right - centre)))
      );
    };
    const firstBin = Math.ceil((left * (bins - 1)) / nyquist);
    const lastBin = Math.floor((right * (bins - 1)) / nyquist);
    const weights = Float64Array.from({ length: lastBin - firstBin + 1 }, (_, offset) =>
      weightAt(firstBin + offset),
    );
    return { firstBin, weights };
  });
}

const LINEAR_HERTZ_PER_MEL = 200 / 3;
const LOG_START_HERTZ = 1000;
const LOG_START_MEL = LOG_START_HERTZ / LINEAR_HERTZ_PER_MEL;
const LOG_STEP = Math.log(6.4) / 27;

function hertzToMel(hertz: number): number {
  if (hertz < LOG_START_HERTZ) return hertz / LINEAR_HERTZ_PER_MEL;
  return LOG_START_MEL + Math.log(hertz / LOG_START_HERTZ) / LOG_STEP;
}

function melToHertz(mel: number): number {
  if (mel < LOG_START_MEL) return mel * LINEAR_HERTZ_PER_MEL;
  return LOG_START_HERTZ * Math.exp((mel - LOG_START_MEL) * LOG_STEP);
}
