import type { CallOptions, RecognizeRequest, SpeechRecognizer, Transcript } from "../../streaming/index.ts";
import { PRIORITY, type EngineClient } from "../runtime/engine.ts";
import { singleChunk } from "../runtime/single-chunk.ts";
import type { WhisperContract } from "./engine.ts";

/** Speech recognition over a Whisper engine, wherever that runs. */
export function createSpeechRecognizer(client: EngineClient<WhisperContract>): SpeechRecognizer {
  return {
    async recognize(
      { samples, draft, urgency }: RecognizeRequest,
      { signal }: CallOptions,
    ): Promise<Transcript> {
      // A copy of their own: the caller's samples may be a view of a buffer that goes on filling.
      const own = samples.slice();
      const priority = urgency === "final" ? PRIORITY.finalTranscript : PRIORITY.partialTranscript;
      const request = draft === undefined ? { samples: own } : { samples: own, draft };
      return await singleChunk(
        client.run("recognize", request, { signal, priority, transfer: [own.buffer] }),
      );
    },
  };
}
