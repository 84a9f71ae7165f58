/**
 * How long a person waits for an answer, measured the way the person would: from a recording of both on one clock.
 *
 * Each channel is cut into windows of 10 ms. A window is audible when its energy lies at most 30 dB below the
 * channel's loudest window, and not below -60 dBFS. The wait is the time from the end of the user's last audible window
 * to the start of the assistant's first audible window after that. Recordings with more noise than 30 dB below the
 * voice need a cleaner user channel than that.
 */
const WINDOW_MS = 10;
const RANGE_DB = 30;
const FLOOR_DBFS = -60;

/**
 * Milliseconds between question and answer; undefined where one of them is silent.
 * @param user - the question, in [-1, 1], and silence behind it.
 * @param assistant - what the user heard at the same time.
 */
export function voiceToVoiceMs(
  user: Float32Array,
  assistant: Float32Array,
  sampleRate: number,
): number | undefined {
  const windowLength = Math.round((sampleRate * WINDOW_MS) / 1000);
  const lastOfUser = audibleWindows(user, windowLength).lastIndexOf(true);
  if (lastOfUser < 0) return undefined;
  const firstOfAssistant = audibleWindows(assistant, windowLength).indexOf(true, lastOfUser + 1);
  if (firstOfAssistant < 0) return undefined;
  return ((firstOfAssistant - lastOfUser - 1) * windowLength * 1000) / sampleRate;
}

function audibleWindows(samples: Float32Array, windowLength: number): boolean[] {
  const energies: number[] = [];
  for (let start = 0; start < samples.length; start += windowLength) {
    const window = samples.subarray(start, start + windowLength);
    energies.push(window.reduce((sum, sample) => sum + sample * sample, 0) / windowLength);
  }
  const loudest = energies.reduce((most, energy) => Math.max(most, energy), 0);
  const threshold = Math.max(loudest / 10 ** (RANGE_DB / 10), 10 ** (FLOOR_DBFS / 10));
  return energies.map((energy) => energy >= threshold);
}
