const SAMPLE_RATE = 16_000;

/** Numbers in −1…1, the same on every run. */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  };
}

export const rms = (sound: Float32Array): number =>
  Math.sqrt(sound.reduce((sum, v) => sum + v * v, 0) / sound.length);

/** The same sound with this mean power. */
export function atLevel(sound: Float32Array, dbfs: number): Float32Array {
  const gain = 10 ** (dbfs / 20) / rms(sound);
  return sound.map((value) => value * gain);
}

/** Both at once, as long as `a`. */
export const mixed = (a: Float32Array, b: Float32Array): Float32Array =>
  a.map((value, n) => value + (b[n] ?? 0));

/** What a microphone in a furnished room hears of `played`, at 16 kHz: late, quieter, duller, with reflections. */
export function echoOf(played: Float32Array, levelDbfs: number, delayMs: number): Float32Array {
  const taps = [
    [0, 1],
    [11, 0.5],
    [23, -0.35],
    [47, 0.25],
    [80, 0.12],
  ] as const;
  const echo = new Float32Array(played.length);
  for (const [afterMs, gain] of taps) {
    const delay = (SAMPLE_RATE / 1000) * (delayMs + afterMs);
    for (let n = delay; n < echo.length; n++) echo[n] = (echo[n] ?? 0) + gain * (played[n - delay] ?? 0);
  }
  let dull = 0;
  return atLevel(
    echo.map((value) => (dull += 0.5 * (value - dull))),
    levelDbfs,
  );
}

/** The room's own noise, at −75 dBFS. */
export function room(length: number): Float32Array {
  const next = numbers(7);
  return atLevel(Float32Array.from({ length }, next), -75);
}
