/** A stretch of a recording in ms, `endMs` exclusive. */
export interface TimeSpan {
  readonly startMs: number;
  readonly endMs: number;
}

/** As voice to voice is measured: windows of 10 ms, audible at most 30 dB below the loudest and above -60 dBFS. */
const WINDOW_MS = 10;
const RANGE_DB = 30;
const FLOOR_DBFS = -60;

/** Where something is to be heard, in windows of 10 ms, neighbours joined. */
export function audibleSpans(samples: Float32Array, sampleRate: number): TimeSpan[] {
  const windowLength = Math.round((sampleRate * WINDOW_MS) / 1000);
  const energies: number[] = [];
  for (let start = 0; start < samples.length; start += windowLength) {
    let energy = 0;
    const end = Math.min(start + windowLength, samples.length);
    for (let index = start; index < end; index += 1) energy += (samples[index] ?? 0) ** 2;
    energies.push(energy / windowLength);
  }
  const loudest = energies.reduce((most, energy) => Math.max(most, energy), 0);
  const threshold = Math.max(loudest / 10 ** (RANGE_DB / 10), 10 ** (FLOOR_DBFS / 10));
  const spans: { startMs: number; endMs: number }[] = [];
  for (const [index, energy] of energies.entries()) {
    if (energy < threshold) continue;
    const startMs = index * WINDOW_MS;
    const last = spans.at(-1);
    if (last?.endMs === startMs) last.endMs = startMs + WINDOW_MS;
    else spans.push({ startMs, endMs: startMs + WINDOW_MS });
  }
  return spans;
}

/** Joins spans between which less than `gapMs` of silence lies. */
export function joinSpans(spans: readonly TimeSpan[], gapMs: number): TimeSpan[] {
  const joined: { startMs: number; endMs: number }[] = [];
  for (const { startMs, endMs } of spans) {
    const last = joined.at(-1);
    if (last !== undefined && startMs - last.endMs < gapMs) last.endMs = endMs;
    else joined.push({ startMs, endMs });
  }
  return joined;
}

/** How long something is to be heard within a stretch. */
export function audibleMs(spans: readonly TimeSpan[], within: TimeSpan): number {
  return spans.reduce((sum, { startMs, endMs }) => {
    return sum + Math.max(0, Math.min(endMs, within.endMs) - Math.max(startMs, within.startMs));
  }, 0);
}
