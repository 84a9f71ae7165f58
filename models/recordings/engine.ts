import { decodeAudio, LISTENING_SAMPLE_RATE } from "../../audio/index.ts";
import type { Engine, Job } from "../runtime/engine.ts";

export type RecordingContract = {
  /** A whole file as mono samples at 16 kHz. */
  decode: {
    readonly request: { readonly bytes: Uint8Array; readonly maximumDurationMs: number };
    readonly chunk: Float32Array;
  };
};

/** Decodes recordings on a worker thread: an hour of MP3 takes seconds. Fails with the `audio-` codes of decodeAudio. */
export async function openRecordingEngine(): Promise<Engine<RecordingContract>> {
  await Promise.resolve();
  return {
    jobs: {
      async *decode({ bytes, maximumDurationMs }): Job<Float32Array> {
        const options = { maximumDurationMs, sampleRate: LISTENING_SAMPLE_RATE };
        yield (await decodeAudio(bytes, options)).samples;
      },
    },
    close: () => Promise.resolve(),
  };
}
