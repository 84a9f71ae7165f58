import { AntiphonError } from "../../streaming/index.ts";
import { floats, integers, type NetworkTensor } from "../runtime/session.ts";
import type { VoiceFront } from "./front.ts";
import type { Phonemize } from "./phonemes.ts";
import { symbolSequence } from "./symbols.ts";
import type { VoiceConfig } from "./voice-config.ts";

/**
 * Piper (github.com/rhasspy/piper): `input` [1, symbols] int64, `input_lengths` [1], `scales` [noise, length, duration
 * noise], and `sid` [1] for voices of more than one speaker.
 */
export function piperFront(
  config: VoiceConfig,
  phonemize: Phonemize,
  inputNames: readonly string[],
): VoiceFront {
  const unknown = inputNames.filter((name) => !["input", "input_lengths", "scales", "sid"].includes(name));
  if (unknown.length > 0) {
    throw new AntiphonError(
      "checkpoint-unsupported",
      `the voice asks for ${unknown.join(", ")}, which Piper has not`,
    );
  }
  return {
    sampleRate: config.sampleRate,
    script: /\p{Script=Latin}/u,
    async prepare(words, speed) {
      const runs = await phonemize(words);
      const { ids, wordSpans } = symbolSequence(runs, words.length, config.phonemeIds);
      const scales = [config.noiseScale, config.lengthScale / speed, config.durationNoiseScale];
      const feeds: Record<string, NetworkTensor> = {
        input: integers(ids, [1, ids.length]),
        input_lengths: integers([ids.length], [1]),
        scales: floats(Float32Array.from(scales), [3]),
      };
      if (inputNames.includes("sid")) feeds["sid"] = integers([0], [1]);
      return { feeds, wordSpans };
    },
  };
}
