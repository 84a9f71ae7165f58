import type { CallOptions, RecognizeRequest, SpeechRecognizer, Transcript } from "../../streaming/index.ts";
import { PRIORITY, type EngineClient } from "../runtime/engine.ts";
import { singleChunk } from "../runtime/single-chunk.ts";
import type { WhisperContract } from "./engine.ts";

const PRIORITIES = {
  final: PRIORITY.finalTranscript,
  partial: PRIORITY.partialTranscript,
  background: PRIORITY.background,
} as const;

/** Speech recognition over a Whisper engine, wherever that runs. */
export function createSpeechRecognizer(client: EngineClient<WhisperContract>): SpeechRecognizer {
  return {
    async recognize(
      { samples, draft, urgency, words = false }: RecognizeRequest,
      { signal }: CallOptions,
    ): Promise<Transcript> {
      // A copy of their own: the caller's samples may be a view of a buffer that goes on filling.
      const own = samples.slice();
      const request = { samples: own, words, ...(draft !== undefined && { draft }) };
      return await singleChunk(
        client.run("recognize", request, {
          signal,
          priority: PRIORITIES[urgency],
          transfer: [own.buffer],
        }),
      );
    },
  };
}
