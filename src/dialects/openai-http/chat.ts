import { randomUUID } from "node:crypto";

import type { FastifyInstance } from "fastify";

import type {
  GenerateRequest,
  GenerationEvent,
  LanguageModel,
  SamplingOptions,
  ToolCall,
} from "../../../streaming/index.ts";
import type { Config } from "../../config.ts";
import { remoteServer } from "../../model-files.ts";
import type { Recordings } from "../../recordings.ts";
import type { DialectHost } from "../dialect.ts";
import { readMessages } from "./chat-messages.ts";
import { type ChatRequest, chatSchema, toolsOf } from "./chat-request.ts";
import { ApiError } from "./errors.ts";
import { modelsOf, sendEvents, signalOf } from "./exchange.ts";
import { MODEL_NAMES } from "./models.ts";

/** A message with its pictures and recordings. */
const BODY_BYTES = 8 * 2 ** 20;
/** Of the 1024 tokens that question and answer share with the own language model; servers have more. */
const LONGEST_ANSWER_TOKENS = { own: 512, remote: 8192 };

/** `POST /chat/completions`: an answer of the language model, without a conversation around it. */
export function addChat(scope: FastifyInstance, host: DialectHost, recordings: Recordings): void {
  scope.post("/chat/completions", { bodyLimit: BODY_BYTES }, async (request, reply) => {
    const asked = chatSchema.parse(request.body);
    const models = modelsOf(host);
    const tools = toolsFor(asked, models.languageModel);
    const signal = signalOf(reply);
    const messages = await readMessages(asked.messages, { models, recordings }, { signal });
    const generation: GenerateRequest = {
      seat: `http/${randomUUID()}`,
      messages,
      maxTokens: maxTokens(asked, host.config),
      sampling: sampling(asked, host.config),
      stop: [asked.stop ?? []].flat(),
      inBackground: true,
      ...tools,
    };
    const events = generated(models.languageModel, generation, signal);
    const envelope = {
      id: `chatcmpl-${randomUUID().replaceAll("-", "")}`,
      created: Math.floor(Date.now() / 1000),
      model: MODEL_NAMES.chat,
    };
    if (asked.stream !== true) return { ...envelope, ...(await completion(events)) };
    return await sendEvents(reply, chunks(events, envelope, asked.stream_options?.include_usage === true));
  });
}

/** A model that cannot call tools answers in words where it may, and says so where it must not. */
function toolsFor(asked: ChatRequest, { callsTools = false }: LanguageModel): ReturnType<typeof toolsOf> {
  const tools = toolsOf(asked);
  if (callsTools || tools.tools === undefined) return tools;
  const { toolChoice = "auto" } = tools;
  if (toolChoice === "auto" || toolChoice === "none") return {};
  throw new ApiError(400, "unsupported_value", "this language model cannot call tools", "tool_choice");
}

function maxTokens(
  { max_completion_tokens: asked, max_tokens: askedBefore }: ChatRequest,
  { llm }: Config,
): number {
  const longest = remoteServer(llm) === undefined ? LONGEST_ANSWER_TOKENS.own : LONGEST_ANSWER_TOKENS.remote;
  return Math.min(asked ?? askedBefore ?? LONGEST_ANSWER_TOKENS.own, longest);
}

function sampling(
  { temperature, top_p: topP, seed }: ChatRequest,
  { conversation }: Config,
): SamplingOptions {
  return {
    ...conversation.sampling,
    ...(temperature != null && { temperature }),
    ...(topP != null && { topP }),
    ...(seed != null && { seed: Math.abs(seed) }),
  };
}

async function* generated(
  model: LanguageModel,
  request: GenerateRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent> {
  try {
    yield* model.generate(request, { signal });
  } finally {
    await model.releaseSeat(request.seat);
  }
}

const FINISH_REASONS = { stop: "stop", length: "length", "tool-calls": "tool_calls" } as const;

class Usage {
  #prompt = 0;
  #cached = 0;
  #completion = 0;

  count(event: GenerationEvent): void {
    if (event.type === "generation-end") this.#completion = event.completionTokens;
    if (event.type !== "prompt-ready") return;
    this.#prompt = event.promptTokens;
    this.#cached = event.cachedTokens;
  }

  get body(): object {
    return {
      prompt_tokens: this.#prompt,
      completion_tokens: this.#completion,
      total_tokens: this.#prompt + this.#completion,
      prompt_tokens_details: { cached_tokens: this.#cached },
    };
  }
}

function wireCall({ id, name, arguments: given }: ToolCall): object {
  return { id, type: "function", function: { name, arguments: given } };
}

async function completion(events: AsyncIterable<GenerationEvent>): Promise<object> {
  const usage = new Usage();
  const calls: object[] = [];
  let text = "";
  let reason: string = FINISH_REASONS.stop;
  for await (const event of events) {
    usage.count(event);
    if (event.type === "text-delta") text += event.text;
    if (event.type === "tool-call") calls.push(wireCall(event.call));
    if (event.type === "generation-end") reason = FINISH_REASONS[event.reason];
  }
  const content = text === "" && calls.length > 0 ? null : text;
  const message = {
    role: "assistant",
    content,
    refusal: null,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  return {
    object: "chat.completion",
    choices: [{ index: 0, message, logprobs: null, finish_reason: reason }],
    usage: usage.body,
  };
}

async function* chunks(
  events: AsyncIterable<GenerationEvent>,
  envelope: object,
  includeUsage: boolean,
): AsyncGenerator<object> {
  const usage = new Usage();
  const chunk = (delta: object, reason: string | null = null): object => ({
    ...envelope,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
    ...(includeUsage && { usage: null }),
  });
  let calls = 0;
  for await (const event of events) {
    usage.count(event);
    if (event.type === "prompt-ready") yield chunk({ role: "assistant", content: "" });
    if (event.type === "text-delta") yield chunk({ content: event.text });
    if (event.type === "tool-call")
      yield chunk({ tool_calls: [{ index: calls++, ...wireCall(event.call) }] });
    if (event.type === "generation-end") yield chunk({}, FINISH_REASONS[event.reason]);
  }
  if (includeUsage) yield { ...envelope, object: "chat.completion.chunk", choices: [], usage: usage.body };
}
