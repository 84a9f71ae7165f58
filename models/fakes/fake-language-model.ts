import { textOf } from "../../streaming/index.ts";
import type {
  CallOptions,
  ChatMessage,
  GenerateRequest,
  GenerationEvent,
  LanguageModel,
  PrefillRequest,
  ScoreRequest,
  ToolCall,
} from "../../streaming/index.ts";

/** What the fake answers to a question or a tool's result; an error is thrown in the middle of the answer. */
export type FakeAnswer =
  string | Error | { readonly text?: string; readonly calls: readonly Omit<ToolCall, "id">[] };

/** Answers the last message by a script, word by word. */
export class FakeLanguageModel implements LanguageModel {
  readonly callsTools = true;
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
      const answer = this.answer(lastText(request.messages));
      const words = textIn(answer).split(/(?<= )/u);
      for (const text of words) {
        await nextTurnOfTheLoop(signal);
        yield { type: "text-delta", text };
      }
      if (answer instanceof Error) throw answer;
      const calls = typeof answer === "string" ? [] : answer.calls;
      for (const [index, call] of calls.entries())
        yield { type: "tool-call", call: { ...call, id: String(index) } };
      finished = true;
      const reason = calls.length > 0 ? "tool-calls" : "stop";
      yield { type: "generation-end", reason, completionTokens: words.length };
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
    return this.scoreOf(lastText(request.messages), request.choices);
  }

  async releaseSeat(seat: string): Promise<void> {
    await Promise.resolve();
    this.releasedSeats.push(seat);
  }
}

function textIn(answer: FakeAnswer): string {
  if (answer instanceof Error) return "Well";
  return typeof answer === "string" ? answer : (answer.text ?? "");
}

function lastText(messages: readonly ChatMessage[]): string {
  const last = messages.at(-1);
  return last === undefined ? "" : textOf(last);
}

/** Lets everything else happen first, as a model on another thread would. */
async function nextTurnOfTheLoop(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}
