import type { SpeechDetectorStream } from "./contracts.ts";

/**
 * A detector that has a score for every window, because time passes by windows: what cannot be scored is heard as no speech.
 *
 * @param onError - told why; of failures in a row, of the first one.
 */
export function unfailing(
  stream: SpeechDetectorStream,
  onError: (error: unknown) => void,
): SpeechDetectorStream {
  let isFailing = false;
  return {
    async score(window, options) {
      try {
        const probability = await stream.score(window, options);
        isFailing = false;
        return probability;
      } catch (error) {
        options.signal.throwIfAborted();
        if (!isFailing) onError(error);
        isFailing = true;
        return 0;
      }
    },
    reset() {
      stream.reset();
    },
  };
}
