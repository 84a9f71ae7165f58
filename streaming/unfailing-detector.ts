import type { SpeechDetectorStream } from "./contracts.ts";

/** Windows in a row, a second of them, that must have been scored before a failure is told again. */
const SOUND_AFTER_WINDOWS = 32;

/**
 * A detector that has a score for every window, because time passes by windows: what cannot be scored is heard as no speech.
 *
 * @param onError - told why; of failures less than a second apart, of the first one.
 */
export function unfailing(
  stream: SpeechDetectorStream,
  onError: (error: unknown) => void,
): SpeechDetectorStream {
  let scoredInRow = SOUND_AFTER_WINDOWS;
  return {
    async score(window, options) {
      try {
        const probability = await stream.score(window, options);
        scoredInRow += 1;
        return probability;
      } catch (error) {
        options.signal.throwIfAborted();
        if (scoredInRow >= SOUND_AFTER_WINDOWS) onError(error);
        scoredInRow = 0;
        return 0;
      }
    },
    reset() {
      stream.reset();
    },
  };
}
