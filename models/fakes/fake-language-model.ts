import type {
  CallOptions,
  GenerateRequest,
  GenerationEvent,
  LanguageModel,
  PrefillRequest,
  ScoreRequest,
} from "../../streaming/index.ts";

/** What the fake answers to a question; an error is thrown in the middle of the answer. */
export type FakeAnswer = string | Error;

/** Answers the last message by a script, word by word. */
export class FakeLanguageModel implements LanguageModel {
  /** The script; may be changed between turns. */
  answer: (question: string) => FakeAnswer;
  /** The probabilities of a score's choices, in their order; may be changed between turns. All alike by default. */
  scoreOf: (question: string, choices: readonly string[]) => readonly number[] = (_, choices) =>
    choices.map(() => 1 / choices.length);
  readonly generations: GenerateRequest[] = [];
  readonly prefills: PrefillRequest[] = [];
  readonly scores: ScoreRequest[] = [];
  readonly releasedSeats: string[] = [];
  /** Generations that were told to stop before their end. */
  aborted = 0;

  constructor(answer: (question: string) => FakeAnswer) {
    this.answer = answer;
  }

  async *generate(request: GenerateRequest, { signal }: CallOptions): AsyncGenerator<GenerationEvent> {
    this.generations.push(request);
    let finished = false;
    try {
      await nextTurnOfTheLoop(signal);
      yield { type: "prompt-ready", promptTokens: request.messages.length, cachedTokens: 0 };
      const answer = this.answer(request.messages.at(-1)?.content ?? "");
      const words = (typeof answer === "string" ? answer : "Well").split(/(?<= )/u);
      for (const text of words) {
        await nextTurnOfTheLoop(signal);
        yield { type: "text-delta", text };
      }
      if (typeof answer !== "string") throw answer;
      finished = true;
      yield { type: "generation-end", reason: "stop", completionTokens: words.length };
    } finally {
      if (!finished) this.aborted += 1;
    }
  }

  async prefill(request: PrefillRequest, { signal }: CallOptions): Promise<void> {
    await Promise.resolve();
    signal.throwIfAborted();
    this.prefills.push(request);
  }

  async score(request: ScoreRequest, { signal }: CallOptions): Promise<readonly number[]> {
    await Promise.resolve();
    signal.throwIfAborted();
    this.scores.push(request);
    return this.scoreOf(request.messages.at(-1)?.content ?? "", request.choices);
  }

  async releaseSeat(seat: string): Promise<void> {
    await Promise.resolve();
    this.releasedSeats.push(seat);
  }
}

/** Lets everything else happen first, as a model on another thread would. */
async function nextTurnOfTheLoop(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}
