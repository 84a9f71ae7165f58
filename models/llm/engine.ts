import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { AntiphonError } from "../../streaming/index.ts";
import type { GenerateRequest, GenerationEvent, PrefillRequest } from "../../streaming/index.ts";
import { ggufTokenizer, openCheckpoint } from "../checkpoint/index.ts";
import { compiledModel, fileFingerprint } from "../onnx/index.ts";
import type { Engine, Job } from "../runtime/engine.ts";
import type { SessionOptions } from "../runtime/session.ts";
import { ChatPrompt } from "./chat-template.ts";
import { decoderConfigFromGguf } from "./config.ts";
import { fitContext } from "./context.ts";
import { DecoderNetwork } from "./decoder-network.ts";
import type { Candidates } from "./decoder-network.ts";
import { decoderGraph } from "./decoder.ts";
import { EchoDraft } from "./draft.ts";
import { withStoredFactors } from "./rope.ts";
import { RunPace } from "./run-pace.ts";
import { Sampler } from "./sampler.ts";
import { commonPrefixLength, Seat } from "./seat.ts";
import { requireTensor } from "./stacked-weights.ts";
import type { Precision } from "./stacked-weights.ts";
import { decoderTensors } from "./tensor-names.ts";
import { TextStream } from "./text-stream.ts";
import { TextTokenizer } from "./tokenizer.ts";
import { writeTokens } from "./write-tokens.ts";

/** Part of the compiled graph's key: raise it when `decoderGraph` or the weight forms change. */
const BUILDER_VERSION = 2;

/** Longest network run that others should have to wait for; work ahead of time gives way sooner. */
const MAX_RUN_MS = 150;
const MAX_AHEAD_RUN_MS = 75;

/**
 * What is written may be wanted as sound at once. The request for it comes from another thread, which needs a moment;
 * without this pause, where a clause may end, it would come just after the next run has begun, and wait for all of that.
 */
const HANDOVER_MS = 1;

/** Where a clause may end. */
const CLAUSE_END = /[\p{P}\n]/u;

/** Words from which a first clause may be cut without waiting for its end. */
const FIRST_CLAUSE_TOKENS = 8;

export interface LanguageModelConfig extends SessionOptions {
  readonly modelPath: string;
  readonly cacheDirectory: string;
  readonly precision: Precision;
  /** Longest prompt plus answer, in tokens. */
  readonly contextTokens: number;
}

/** What the language model's engine can be asked. */
export interface LanguageModelContract {
  readonly generate: { readonly request: GenerateRequest; readonly chunk: GenerationEvent };
  readonly prefill: { readonly request: PrefillRequest; readonly chunk: never };
  readonly release: { readonly request: { readonly seat: string }; readonly chunk: never };
}

/** Loads the checkpoint (compiling its graph on first use) and answers jobs over named seats. */
export async function openLanguageModelEngine(
  config: LanguageModelConfig,
): Promise<Engine<LanguageModelContract>> {
  const checkpoint = await openCheckpoint(config.modelPath);
  const names = decoderTensors(checkpoint);
  const vocabularySize = requireTensor(checkpoint, names.embedding).shape[0] ?? 0;
  const plainConfig = decoderConfigFromGguf(checkpoint.metadata, vocabularySize);
  const decoderConfig = await withStoredFactors(plainConfig, checkpoint);
  const fingerprint = await fileFingerprint(config.modelPath);
  const key = `decoder-${fingerprint}-${config.precision}-v${BUILDER_VERSION}`;
  const graphPath = await compiledModel({ directory: config.cacheDirectory, key }, () =>
    decoderGraph(decoderConfig, checkpoint, {
      precision: config.precision,
      input: "embeddings",
      output: "shortlist",
    }),
  );
  const network = await DecoderNetwork.open(graphPath, decoderConfig, {
    ...config,
    checkpoint,
    embeddingTensor: names.embedding,
    headTensor: names.head,
  });
  const { tokenizerJson, configJson } = ggufTokenizer(checkpoint.metadata);
  const tokenizer = new TextTokenizer(tokenizerJson, configJson);
  const template = configJson.chat_template;
  if (template === undefined) {
    throw new AntiphonError("checkpoint-unsupported", `${basename(config.modelPath)} has no chat template`);
  }
  return new LanguageModelEngine(
    network,
    tokenizer,
    new ChatPrompt(template, tokenizer),
    config.contextTokens,
  );
}

/** A seat and who is filling it: a job that is no longer the owner stops at its next step. */
interface OwnedSeat {
  readonly seat: Seat;
  owner: symbol;
}

class LanguageModelEngine implements Engine<LanguageModelContract> {
  readonly #network: DecoderNetwork;
  readonly #tokenizer: TextTokenizer;
  readonly #prompt: ChatPrompt;
  readonly #contextTokens: number;
  readonly #seats = new Map<string, OwnedSeat>();
  readonly #pace = new RunPace();
  readonly #draft: EchoDraft;

  readonly jobs = {
    generate: (request: GenerateRequest) => this.#generate(request),
    prefill: (request: PrefillRequest) => this.#prefill(request),
    release: (request: { readonly seat: string }) => this.#release(request.seat),
  };

  constructor(network: DecoderNetwork, tokenizer: TextTokenizer, prompt: ChatPrompt, contextTokens: number) {
    this.#network = network;
    this.#tokenizer = tokenizer;
    this.#draft = new EchoDraft((token) => tokenizer.decode([token]));
    this.#prompt = prompt;
    this.#contextTokens = contextTokens;
  }

  async close(): Promise<void> {
    this.#seats.clear();
    await this.#network.close();
  }

  async *#generate(request: GenerateRequest): Job<GenerationEvent> {
    const { tokens } = fitContext(request.messages, this.#contextTokens - request.maxTokens, (kept) =>
      this.#prompt.forAnswer(kept),
    );
    const owned = this.#take(request.seat);
    const { owner } = owned;
    // The last token is always computed, for what may follow it.
    const cachedTokens = Math.min(commonPrefixLength(owned.seat.tokens, tokens), tokens.length - 1);
    let first: Candidates | undefined;
    for await (const step of this.#advanceTo(owned, tokens, { from: cachedTokens, maxRunMs: MAX_RUN_MS })) {
      first = step;
      yield undefined;
      if (owned.owner !== owner) return;
    }
    yield { type: "prompt-ready", promptTokens: tokens.length, cachedTokens };
    if (first !== undefined) yield* this.#write(owned, first, request);
  }

  async *#write(owned: OwnedSeat, first: Candidates, request: GenerateRequest): Job<GenerationEvent> {
    const { owner, seat } = owned;
    const stream = new TextStream(this.#tokenizer, request.stop);
    const sampler = new Sampler(request.sampling);
    const limits = { first, maxTokens: request.maxTokens };
    let reason: "stop" | "length" = "length";
    let completionTokens = 0;
    for await (const token of writeTokens(this.#network, seat, {
      ...limits,
      sampler,
      draft: this.#draft,
      pace: this.#pace,
    })) {
      if (token === undefined) {
        yield undefined;
        if (owned.owner !== owner) return;
        continue;
      }
      if (this.#tokenizer.endIds.has(token)) {
        reason = "stop";
        break;
      }
      completionTokens += 1;
      const { text, stopped } = stream.push(token);
      if (text !== "") {
        yield { type: "text-delta", text };
        if (completionTokens <= FIRST_CLAUSE_TOKENS || CLAUSE_END.test(text)) await delay(HANDOVER_MS);
        yield undefined;
        if (owned.owner !== owner) return;
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

  async *#prefill({ seat: name, messages, maxTokens, open }: PrefillRequest): Job<never> {
    const encode = (kept: PrefillRequest["messages"]): number[] =>
      open ? this.#prompt.forGrowing(kept) : this.#prompt.forAnswer(kept);
    const { tokens } = fitContext(messages, this.#contextTokens - maxTokens, encode);
    const owned = this.#take(name);
    const { owner } = owned;
    const cached = commonPrefixLength(owned.seat.tokens, tokens);
    const steps = this.#advanceTo(owned, tokens, { from: cached, maxRunMs: MAX_AHEAD_RUN_MS });
    for (;;) {
      const step = await steps.next();
      if (step.done === true) return;
      yield undefined;
      if (owned.owner !== owner) return;
    }
  }

  async *#release(seat: string): Job<never> {
    this.#seats.delete(seat);
    await Promise.resolve();
    yield undefined;
  }

  /** Puts `tokens` from `from` on through the seat in runs that are short enough; the last gives what may follow. */
  async *#advanceTo(
    { seat }: OwnedSeat,
    tokens: readonly number[],
    { from, maxRunMs }: { readonly from: number; readonly maxRunMs: number },
  ): AsyncGenerator<Candidates | undefined, void, void> {
    seat.truncate(from);
    let position = from;
    while (position < tokens.length) {
      const run = tokens.slice(position, position + this.#pace.tokensWithin(maxRunMs));
      const startMs = performance.now();
      position += run.length;
      const isLast = position === tokens.length;
      const [next] = await this.#network.candidates(seat, run, isLast ? 1 : 0);
      this.#pace.note(run.length, performance.now() - startMs);
      yield next;
    }
  }

  #take(name: string): OwnedSeat {
    const owned = this.#seats.get(name) ?? { seat: new Seat(this.#network.config), owner: Symbol(name) };
    owned.owner = Symbol(name);
    this.#seats.set(name, owned);
    return owned;
  }
}
