import type {
  CallOptions,
  GenerateRequest,
  GenerationEvent,
  LanguageModel,
  PrefillRequest,
  ScoreRequest,
} from "../../streaming/index.ts";
import { PRIORITY } from "../runtime/engine.ts";
import type { EngineClient } from "../runtime/engine.ts";
import { singleChunk } from "../runtime/single-chunk.ts";
import type { LanguageModelContract } from "./engine.ts";

/** The conversation's language model over an engine, wherever that runs; `callsTools` where its checkpoint has learnt to. */
export function createLanguageModel(
  client: EngineClient<LanguageModelContract>,
  { callsTools = false }: { readonly callsTools?: boolean } = {},
): LanguageModel {
  return {
    callsTools,
    generate: (request: GenerateRequest, { signal }: CallOptions): AsyncIterable<GenerationEvent> =>
      client.run("generate", request, {
        signal,
        priority: request.inBackground === true ? PRIORITY.background : PRIORITY.generation,
        // What is written may be wanted as sound at once; behind the next run, that would come later by all of it.
        isHandedOver: request.spoken === true && request.inBackground !== true,
      }),
    prefill: async (request: PrefillRequest, { signal }: CallOptions): Promise<void> => {
      await drain(client.run("prefill", request, { signal, priority: PRIORITY.prefill }));
    },
    score: async (request: ScoreRequest, { signal }: CallOptions): Promise<readonly number[]> =>
      await singleChunk(client.run("score", request, { signal, priority: PRIORITY.scoring })),
    releaseSeat: async (seat: string): Promise<void> => {
      const { signal } = new AbortController();
      await drain(client.run("release", { seat }, { signal, priority: PRIORITY.generation }));
    },
  };
}

/** The same model, whose answers also end before any of `stop`, whatever a request names itself. */
export function withStopStrings(model: LanguageModel, stop: readonly string[]): LanguageModel {
  const score = model.score?.bind(model);
  return {
    callsTools: model.callsTools === true,
    generate: (request, options) => model.generate({ ...request, stop: [...request.stop, ...stop] }, options),
    prefill: (request, options) => model.prefill(request, options),
    ...(score !== undefined && { score }),
    releaseSeat: (seat) => model.releaseSeat(seat),
  };
}

/** The same model for conversations that are not to ask for its scores, where they are worth nothing. */
export function withoutScore(model: LanguageModel): LanguageModel {
  return {
    callsTools: model.callsTools === true,
    generate: (request, options) => model.generate(request, options),
    prefill: (request, options) => model.prefill(request, options),
    releaseSeat: (seat) => model.releaseSeat(seat),
  };
}

async function drain(chunks: AsyncIterable<never>): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}
