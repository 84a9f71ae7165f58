import type { CallOptions, SpeechSynthesizer } from "../../streaming/index.ts";
import { PRIORITY, type EngineClient } from "../runtime/engine.ts";
import { singleChunk } from "../runtime/single-chunk.ts";
import type { VitsContract } from "./engine.ts";

/** A synthesizer that can be told what it is about to say. */
export interface PreparingSynthesizer extends SpeechSynthesizer {
  /** Looks up the phonemes of a text that is still being written, so that its sound starts earlier. */
  prepare(text: string, options: CallOptions): Promise<void>;
}

/** Speech over a voice engine, wherever that runs; `sampleRate` is the voice's, in Hz. */
export function createSpeechSynthesizer(
  client: EngineClient<VitsContract>,
  sampleRate: number,
): PreparingSynthesizer {
  return {
    sampleRate,
    synthesize: (request, { signal }) =>
      client.run("synthesize", request, { signal, priority: PRIORITY.synthesis }),
    async prepare(text, { signal }) {
      const chunks = client.run("prepare", { text }, { signal, priority: PRIORITY.synthesis });
      await singleChunk(chunks);
    },
  };
}
