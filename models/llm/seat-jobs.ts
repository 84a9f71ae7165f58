import { AntiphonError } from "../../streaming/index.ts";
import type {
  ChatMessage,
  GenerateRequest,
  GenerationEvent,
  PrefillRequest,
  ScoreRequest,
} from "../../streaming/index.ts";
import type { Job } from "../runtime/engine.ts";
import type { ChatPrompt } from "./chat-template.ts";
import { fitContext } from "./context.ts";
import type { Candidates, DecoderNetwork } from "./decoder-network.ts";
import { EchoDraft } from "./draft.ts";
import { ForcedWriting } from "./forced-writing.ts";
import { RunPace } from "./run-pace.ts";
import { Sampler } from "./sampler.ts";
import { SeatPool } from "./seat-pool.ts";
import type { Lease } from "./seat-pool.ts";
import { commonPrefixLength } from "./seat.ts";
import type { Seat } from "./seat.ts";
import { TextStream } from "./text-stream.ts";
import type { TextTokenizer } from "./tokenizer.ts";
import { knowsCalls, wordsOnly, writeCall } from "./tool-calls.ts";
import { offerTools } from "./tool-offer.ts";
import type { ToolOffer } from "./tool-offer.ts";
import { WholeSentences } from "./whole-sentences.ts";
import { writeTokens } from "./write-tokens.ts";

/**
 * Longest network run. Work ahead of time gives way soon. For an answer's prompt everybody waits, so it may take longer: each
 * further run reads all weights once more.
 */
const MAX_RUN_MS = 150;
const MAX_AHEAD_RUN_MS = 75;

export interface SeatJobsOptions {
  readonly network: DecoderNetwork;
  readonly tokenizer: TextTokenizer;
  readonly prompt: ChatPrompt;
  /** Longest prompt plus answer, in tokens. */
  readonly contextTokens: number;
  readonly seatMemoryBytes: number;
}

/** What the rest of a prompt is put through a seat for. */
interface Filling<Result> {
  /** Tokens of the prompt whose cache is used. */
  readonly from: number;
  readonly maxRunMs: number;
  /** Does the last run, over at least one token. */
  readonly last: (run: readonly number[]) => Promise<Result>;
}

/** The language model's jobs over named seats. A job that loses its seat to another one stops at its next step. */
export class SeatJobs {
  readonly #network: DecoderNetwork;
  readonly #tokenizer: TextTokenizer;
  readonly #prompt: ChatPrompt;
  readonly #contextTokens: number;
  readonly #pool: SeatPool;
  readonly #pace = new RunPace();
  readonly #draft: EchoDraft;

  constructor({ network, tokenizer, prompt, contextTokens, seatMemoryBytes }: SeatJobsOptions) {
    this.#network = network;
    this.#tokenizer = tokenizer;
    this.#draft = new EchoDraft((token) =>
      token < network.config.vocabularySize ? tokenizer.decode([token]) : undefined,
    );
    this.#prompt = prompt;
    this.#contextTokens = contextTokens;
    this.#pool = new SeatPool(network.config, { maxBytes: seatMemoryBytes, roomTokens: contextTokens });
  }

  /** Writes the assistant's next turn. */
  async *generate(request: GenerateRequest): Job<GenerationEvent> {
    const offer = offerTools(knowsCalls(this.#tokenizer) ? request : { ...request, tools: [] });
    const tokens = this.#fit({ ...request, messages: offer.messages });
    yield* this.#onSeat(request, tokens, ({ seat }) => this.#answer(seat, tokens, { request, offer }));
  }

  /** Fills the seat's cache ahead of time. */
  async *prefill(request: PrefillRequest): Job<never> {
    const tokens = this.#fit(request, request.open);
    yield* this.#onSeat(request, tokens, ({ seat }) => this.#compute(seat, tokens));
  }

  /** Yields the choices' probabilities. */
  async *score(request: ScoreRequest): Job<readonly number[]> {
    const choices = request.choices.map((choice) => this.#firstToken(choice));
    const tokens = this.#fit(request);
    yield* this.#onSeat(request, tokens, ({ seat }) => this.#weigh(seat, tokens, choices));
  }

  async *release({ seat }: { readonly seat: string }): Job<never> {
    this.#pool.release(seat);
    await Promise.resolve();
    yield undefined;
  }

  /** Gives back the memory of all seats. */
  close(): void {
    this.#pool.clear();
  }

  async *#answer(
    seat: Seat,
    tokens: readonly number[],
    { request, offer }: { readonly request: GenerateRequest; readonly offer: ToolOffer },
  ): Job<GenerationEvent> {
    // The last token is always computed, for what may follow it.
    const from = Math.min(commonPrefixLength(seat.tokens, tokens), tokens.length - 1);
    const last = (run: readonly number[]): Promise<Candidates[]> => this.#network.candidates(seat, run);
    let first: Candidates | undefined;
    for await (const step of this.#fill(seat, tokens, { from, maxRunMs: MAX_RUN_MS, last })) {
      first = step?.[0];
      yield undefined;
    }
    yield { type: "prompt-ready", promptTokens: tokens.length, cachedTokens: from };
    if (first === undefined) return;
    if (offer.call !== "never" && (yield* this.#call(seat, offer, request))) return;
    seat.truncate(tokens.length);
    yield* this.#write(seat, offer.told.length > 0 ? wordsOnly(first, this.#tokenizer) : first, request);
  }

  /** Returns whether a tool is called; a forced choice, since small models rarely begin a call by themselves. */
  async *#call(
    seat: Seat,
    { told, call: order }: ToolOffer,
    { maxTokens }: GenerateRequest,
  ): AsyncGenerator<GenerationEvent | undefined, boolean, void> {
    const next = {
      candidates: async (run: readonly number[]) =>
        (await this.#network.candidates(seat, run))[0] ?? { tokens: [], logits: new Float32Array() },
      score: (run: readonly number[], choices: readonly number[]) => this.#network.score(seat, run, choices),
    };
    const before = seat.tokens.length;
    const writing = new ForcedWriting(next, this.#tokenizer, maxTokens);
    const call = yield* writeCall(writing, told, order === "may");
    if (call === undefined) return false;
    yield { type: "tool-call", call };
    const completionTokens = seat.tokens.length - before;
    yield { type: "generation-end", reason: "tool-calls", completionTokens };
    return true;
  }

  async *#write(seat: Seat, first: Candidates, request: GenerateRequest): Job<GenerationEvent> {
    const stream = new TextStream(this.#tokenizer, request.stop);
    const sampler = new Sampler(request.sampling);
    const { maxTokens } = request;
    const sentences = request.wholeSentences === true ? new WholeSentences(this.#tokenizer) : undefined;
    const writing = {
      first,
      maxTokens,
      sampler,
      draft: this.#draft,
      pace: this.#pace,
      ...(sentences && { allowed: (candidates: Candidates) => sentences.allowed(candidates) }),
    };
    let reason: "stop" | "length" = "length";
    let completionTokens = 0;
    for await (const token of writeTokens(this.#network, seat, writing)) {
      if (token === undefined) {
        yield undefined;
        continue;
      }
      if (this.#tokenizer.endIds.has(token)) {
        reason = "stop";
        break;
      }
      completionTokens += 1;
      const { text, stopped } = stream.push(token);
      sentences?.note(text);
      if (text !== "") {
        yield { type: "text-delta", text };
        yield undefined;
      }
      if (stopped) {
        reason = "stop";
        break;
      }
    }
    const rest = stream.end();
    if (rest !== "") yield { type: "text-delta", text: rest };
    yield { type: "generation-end", reason, completionTokens };
  }

  async *#compute(seat: Seat, tokens: readonly number[]): Job<never> {
    const from = commonPrefixLength(seat.tokens, tokens);
    const last = (run: readonly number[]): Promise<Candidates[]> => this.#network.candidates(seat, run, 0);
    const steps = this.#fill(seat, tokens, { from, maxRunMs: MAX_AHEAD_RUN_MS, last });
    while ((await steps.next()).done !== true) yield undefined;
  }

  async *#weigh(seat: Seat, tokens: readonly number[], choices: readonly number[]): Job<readonly number[]> {
    const from = Math.min(commonPrefixLength(seat.tokens, tokens), tokens.length - 1);
    const last = (run: readonly number[]): Promise<Float32Array> => this.#network.score(seat, run, choices);
    for await (const logits of this.#fill(seat, tokens, { from, maxRunMs: MAX_AHEAD_RUN_MS, last })) {
      yield logits === undefined ? undefined : softmax(logits);
    }
  }

  /** Does a job's work on a seat for as long as it holds it. */
  async *#onSeat<Chunk>(
    { seat, context, messages }: Pick<GenerateRequest, "seat" | "context" | "messages">,
    tokens: readonly number[],
    work: (lease: Lease) => Job<Chunk>,
  ): Job<Chunk> {
    const [first] = messages;
    const system = first?.role === "system" ? this.#prompt.forAnswer([first]) : [];
    const fixedTokens = commonPrefixLength(system, tokens);
    const named = context === undefined ? undefined : { name: context, fixedTokens };
    const lease = this.#pool.take(seat, tokens, named);
    try {
      for await (const chunk of work(lease)) {
        yield chunk;
        if (!lease.isHeld()) return;
      }
    } finally {
      lease.end();
    }
  }

  /** Puts `tokens` from `from` on through the seat in runs that are short enough; yields what the last one gave. */
  async *#fill<Result>(
    seat: Seat,
    tokens: readonly number[],
    { from, maxRunMs, last }: Filling<Result>,
  ): AsyncGenerator<Result | undefined, void, void> {
    seat.truncate(from);
    let position = from;
    while (position < tokens.length) {
      const run = tokens.slice(position, position + this.#pace.tokensWithin(maxRunMs));
      const startMs = performance.now();
      position += run.length;
      let result: Result | undefined;
      if (position === tokens.length) result = await last(run);
      else await this.#network.candidates(seat, run, 0);
      this.#pace.note(run.length, performance.now() - startMs);
      yield result;
    }
  }

  /** The prompt of as many of the messages as leave room for the answer. */
  #fit(
    { messages, maxTokens }: { readonly messages: readonly ChatMessage[]; readonly maxTokens: number },
    open = false,
  ): readonly number[] {
    const encode = (kept: readonly ChatMessage[]): number[] =>
      open ? this.#prompt.forGrowing(kept) : this.#prompt.forAnswer(kept);
    return fitContext(messages, this.#contextTokens - maxTokens, encode).tokens;
  }

  #firstToken(choice: string): number {
    const [first] = this.#tokenizer.encode(choice);
    if (first === undefined) throw new AntiphonError("text-empty", "a choice to score has no text");
    return first;
  }
}

/** exp(x) / sum(exp(x)). */
function softmax(logits: Float32Array): readonly number[] {
  const highest = Math.max(...logits);
  const weights = Array.from(logits, (logit) => Math.exp(logit - highest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
