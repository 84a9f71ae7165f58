import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openLanguageModelEngine } from "../../../models/llm/engine.ts";
import type { LanguageModelConfig, LanguageModelContract } from "../../../models/llm/engine.ts";
import type { Engine, Job } from "../../../models/runtime/engine.ts";
import type { ChatMessage, GenerateRequest, GenerationEvent } from "../../../streaming/index.ts";
import { fixture } from "./support.ts";

export const CONTEXT = 300;

/** A message. */
export const say = (role: ChatMessage["role"], content: string): ChatMessage => ({ role, content });

/** A first question, after a system prompt. */
export const FIRST = [say("system", "Be brief."), say("user", "What is the capital of France?")] as const;

let seats = 0;

/** A greedy request on a seat of its own, unless told otherwise. */
export function request(changes: Partial<GenerateRequest> = {}): GenerateRequest {
  return {
    seat: `seat ${seats++}`,
    messages: FIRST,
    maxTokens: 24,
    sampling: { temperature: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 0 },
    stop: [],
    ...changes,
  };
}

/** All that a job still yields, step by step. */
export async function finish<Chunk>(job: Job<Chunk>): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of job) if (chunk !== undefined) chunks.push(chunk);
  return chunks;
}

/** Text, beginning and end of an answer. */
export function summary(events: readonly GenerationEvent[]) {
  const [ready] = events.filter((event) => event.type === "prompt-ready");
  const [end] = events.filter((event) => event.type === "generation-end");
  const text = events.map((event) => (event.type === "text-delta" ? event.text : "")).join("");
  return { text, ready, end };
}

/** An engine over the tiny checkpoint, with its compiled graphs in a folder that goes with it. */
export class TinyEngine implements AsyncDisposable {
  readonly config: LanguageModelConfig;
  readonly engine: Engine<LanguageModelContract>;
  readonly #lonely: Engine<LanguageModelContract>;

  private constructor(
    config: LanguageModelConfig,
    engine: Engine<LanguageModelContract>,
    lonely: Engine<LanguageModelContract>,
  ) {
    this.config = config;
    this.engine = engine;
    this.#lonely = lonely;
  }

  static async open(changes: Partial<LanguageModelConfig> = {}): Promise<TinyEngine> {
    const config: LanguageModelConfig = {
      modelPath: fixture("llm/tiny.gguf"),
      cacheDirectory: await mkdtemp(join(tmpdir(), "antiphon-engine-")),
      threads: 1,
      spinning: false,
      precision: "stored",
      contextTokens: CONTEXT,
      seatMemoryBytes: 2 ** 28,
      ...changes,
    };
    const engine = await openLanguageModelEngine(config);
    return new TinyEngine(config, engine, await openLanguageModelEngine(config));
  }

  async generate(changes: Partial<GenerateRequest> = {}) {
    return summary(await finish(this.engine.jobs.generate(request(changes))));
  }

  /** What is answered where nothing was computed before, in an engine that has no other seat. */
  async generateAlone(changes: Partial<GenerateRequest> = {}) {
    const seat = "alone";
    await finish(this.#lonely.jobs.release({ seat }));
    return summary(await finish(this.#lonely.jobs.generate(request({ ...changes, seat }))));
  }

  /** The probabilities of the choices as the beginning of an answer. */
  async score(seat: string, messages: readonly ChatMessage[], choices: readonly string[]) {
    const [probabilities] = await finish(this.engine.jobs.score({ seat, messages, maxTokens: 16, choices }));
    return probabilities!;
  }

  async prefill(seat: string, messages: readonly ChatMessage[], open = false): Promise<void> {
    await finish(this.engine.jobs.prefill({ seat, messages, maxTokens: 16, open }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.close();
    await this.#lonely.close();
    await rm(this.config.cacheDirectory, { recursive: true });
  }
}
