import type { GenerateRequest, GenerationEvent, LanguageModel } from "../streaming/index.ts";
import { textOf } from "../streaming/index.ts";

/**
 * How a conversation keeps what it has computed: as the product does, on two seats, the monitor's being filled while the
 * answer is heard and the question asked; on one seat for answers and questions, which nobody fills ahead; not at all.
 */
export const KEEPINGS = ["two seats", "one seat", "no seat"] as const;
export type Keeping = (typeof KEEPINGS)[number];

/** What an answer's first token took. */
export interface FirstToken {
  readonly question: string;
  readonly promptTokens: number;
  /** Those of the prompt that had yet to be computed when the answer was asked for. */
  readonly computedTokens: number;
  readonly firstTokenMs: number;
}

/** The same model, with its seats kept so; notes the first token of each answer. */
export function keepingSeats(
  model: LanguageModel,
  keeping: Keeping,
  onFirstToken: (first: FirstToken) => void,
): LanguageModel {
  const generate: LanguageModel["generate"] = (request, options) =>
    timed(request, model.generate(request, options), onFirstToken);
  if (keeping === "two seats") {
    return {
      generate,
      prefill: (request, options) => model.prefill(request, options),
      releaseSeat: (seat) => model.releaseSeat(seat),
    };
  }
  const seat = "only";
  return {
    async *generate(request, options) {
      if (keeping === "no seat") await model.releaseSeat(seat);
      yield* generate({ ...request, seat }, options);
    },
    prefill: async () => {
      await Promise.resolve();
    },
    releaseSeat: () => model.releaseSeat(seat),
  };
}

async function* timed(
  { messages }: GenerateRequest,
  events: AsyncIterable<GenerationEvent>,
  onFirstToken: (first: FirstToken) => void,
): AsyncGenerator<GenerationEvent, void, void> {
  const startMs = performance.now();
  let prompt = { promptTokens: 0, cachedTokens: 0 };
  let isFirst = true;
  for await (const event of events) {
    if (event.type === "prompt-ready") prompt = event;
    if (event.type === "text-delta" && isFirst) {
      isFirst = false;
      const last = messages.at(-1);
      onFirstToken({
        question: last === undefined ? "" : textOf(last),
        promptTokens: prompt.promptTokens,
        computedTokens: prompt.promptTokens - prompt.cachedTokens,
        firstTokenMs: performance.now() - startMs,
      });
    }
    yield event;
  }
}
