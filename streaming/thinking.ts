import type { Clock } from "./clock.ts";
import type { ChatMessage, GenerateRequest, GenerationEvent, LanguageModel, ToolCall } from "./contracts.ts";
import { ownNamesIn } from "./monitor/index.ts";
import type { SessionOptions } from "./session-events.ts";
import { withoutSpeakerLabel } from "./speaker-label.ts";
import { within } from "./time-limit.ts";
import { ToolRound } from "./tool-round.ts";
import type { ToolUse } from "./tool-use.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** Times that the language model may call tools for one answer; then it has to say something. */
const ROUNDS_AT_MOST = 4;

/** Silence after which somebody who waits for a tool is told that it goes on. */
const FILLER_AFTER_MS = 700;
export const FILLER = "One moment.";

/** What an answer is to be about. */
export interface AnswerRequest {
  readonly turn: number;
  readonly seat: string;
  readonly messages: readonly ChatMessage[];
  /** Names the conversation that they are the newest part of. */
  readonly conversation?: string | undefined;
  /** What the user has just agreed to, run before anything is said. */
  readonly agreed?: readonly ToolCall[];
  /** Whether it may end only where a sentence does. @default false */
  readonly wholeSentences?: boolean;
  /** What it is to say, where there is nothing to think of. */
  readonly text?: string;
}

export interface ThinkingTools {
  readonly languageModel: LanguageModel;
  readonly options: SessionOptions;
  readonly clock: Clock;
  readonly toolUse: ToolUse;
  /** Resolves when the answer may be heard: nothing is called before. */
  readonly gate: Promise<void>;
}

/** What goes on while an answer is thought of. */
export type Thought =
  | Exclude<GenerationEvent, { readonly type: "tool-call" | "generation-end" }>
  /** What was said so far is to be spoken now: what follows takes a while. */
  | { readonly type: "breath" }
  /** Calls, whose results come into it later. */
  | { readonly type: "round"; readonly round: ToolRound }
  /** It could have gone on: it was as long as it may be. */
  | { readonly type: "cut-short" }
  /** There is nothing to say until somebody else has brought results. */
  | { readonly type: "handed-over" };

/** The language model and its tools, in turns, until it has said what it has to say (ReAct, arXiv 2210.03629). */
export async function* think(
  { turn, seat, messages, conversation, agreed = [], wholeSentences = false, text }: AnswerRequest,
  { languageModel, options, clock, toolUse, gate }: ThinkingTools,
  signal: AbortSignal,
): AsyncGenerator<Thought, void, void> {
  if (text !== undefined) return yield { type: "text-delta", text };
  const { sampling, maxAnswerTokens: maxTokens, toolChoice = "auto" } = options;
  const tools = languageModel.callsTools === true ? options.tools : undefined;
  const names = ["assistant", ...ownNamesIn(options.systemPrompt)];
  let context = messages;
  let calls = agreed;
  let said = "";
  for (let rounds = 0; ; rounds++) {
    const isAgreed = rounds === 0 && agreed.length > 0;
    if (!isAgreed) {
      const specs = rounds < ROUNDS_AT_MOST && toolChoice !== "none" ? (tools?.list() ?? []) : [];
      const choice = rounds === 0 ? toolChoice : "auto";
      const offer: Partial<GenerateRequest> = specs.length === 0 ? {} : { tools: specs, toolChoice: choice };
      const place = conversation === undefined ? {} : { context: conversation };
      const spoken = options.spoken !== false;
      const manner = { ...place, maxTokens, sampling, stop: [], wholeSentences, spoken };
      const request = { seat, messages: context, ...manner, ...offer };
      const heard = withoutSpeakerLabel(languageModel.generate(request, { signal }), names);
      ({ calls, said } = yield* listenTo(heard));
      // A server may call what it was not offered.
      if (specs.length === 0) return;
    }
    if (calls.length === 0 || tools === undefined) return;
    const round = new ToolRound(calls, said);
    yield { type: "round", round };
    if (said !== "") yield { type: "breath" };
    await unlessAborted(gate, signal);
    const running = toolUse.run(round, { turn, tools, isAgreed });
    if (said === "" && rounds === 0 && !(await isDoneIn(FILLER_AFTER_MS, running, clock, signal))) {
      yield { type: "text-delta", text: FILLER };
      yield { type: "breath" };
    }
    const end = await unlessAborted(running, signal);
    if (end.type === "question") {
      toolUse.awaitWord(end.calls);
      yield { type: "text-delta", text: end.text };
    }
    if (end.type === "handed-over") yield { type: "handed-over" };
    if (end.type !== "results") return;
    context = [...context, ...round.messages];
  }
}

/** Passes on what is said; returns it together with what is to be called. */
async function* listenTo(
  events: AsyncIterable<GenerationEvent>,
): AsyncGenerator<Thought, { readonly calls: readonly ToolCall[]; readonly said: string }, void> {
  const calls: ToolCall[] = [];
  let said = "";
  for await (const event of events) {
    if (event.type === "tool-call") calls.push(event.call);
    else if (event.type !== "generation-end") yield event;
    else if (event.reason === "length") yield { type: "cut-short" };
    if (event.type === "text-delta") said += event.text;
  }
  return { calls, said: said.trim() };
}

async function isDoneIn(
  ms: number,
  work: Promise<unknown>,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await within(ms, clock, signal, () => work);
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
