import { z } from "zod";

import { AntiphonError } from "../../streaming/index.ts";

const schema = z.object({
  audio: z.object({ sample_rate: z.number().int().min(8000).max(48_000) }),
  espeak: z.object({ voice: z.string().min(1) }),
  inference: z.object({ noise_scale: z.number(), length_scale: z.number().positive(), noise_w: z.number() }),
  phoneme_id_map: z.record(z.string(), z.array(z.number().int().nonnegative())),
  num_speakers: z.number().int().positive().default(1),
});

/** What a Piper voice says about itself in the `.onnx.json` beside its network. */
export interface VoiceConfig {
  /** In Hz. */
  readonly sampleRate: number;
  /** eSpeak NG voice whose phonemes the network was trained on, e.g. "en-us". */
  readonly phonemeVoice: string;
  /** Standard deviation of the noise in the latent; 0 is monotonous. */
  readonly noiseScale: number;
  /** Stretch of all durations at the voice's own pace. */
  readonly lengthScale: number;
  /** Standard deviation of the noise in the durations. */
  readonly durationNoiseScale: number;
  /** Phoneme (one code point) → ids. */
  readonly phonemeIds: ReadonlyMap<string, readonly number[]>;
  readonly speakerCount: number;
}

/** Reads a Piper voice's configuration; throws `checkpoint-invalid` where it is none. */
export function parseVoiceConfig(json: string): VoiceConfig {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new AntiphonError("checkpoint-invalid", "the voice's configuration is not JSON", { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new AntiphonError(
      "checkpoint-invalid",
      `the voice's configuration: ${z.prettifyError(parsed.error)}`,
    );
  }
  const { audio, espeak, inference, phoneme_id_map: phonemeIds, num_speakers: speakerCount } = parsed.data;
  return {
    sampleRate: audio.sample_rate,
    phonemeVoice: espeak.voice,
    noiseScale: inference.noise_scale,
    lengthScale: inference.length_scale,
    durationNoiseScale: inference.noise_w,
    phonemeIds: new Map(Object.entries(phonemeIds)),
    speakerCount,
  };
}
