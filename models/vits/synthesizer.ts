import type { SpeechSynthesizer } from "../../streaming/index.ts";
import { PRIORITY, type EngineClient } from "../runtime/engine.ts";
import type { VitsContract } from "./engine.ts";

/** Speech over a voice engine, wherever that runs; `sampleRate` is the voice's, in Hz. */
export function createSpeechSynthesizer(
  client: EngineClient<VitsContract>,
  sampleRate: number,
): SpeechSynthesizer {
  return {
    sampleRate,
    synthesize: (request, { signal }) =>
      client.run("synthesize", request, {
        signal,
        priority: request.inBackground === true ? PRIORITY.background : PRIORITY.synthesis,
      }),
  };
}
