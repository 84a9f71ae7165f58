import { setTimeout as delay } from "node:timers/promises";

import { AntiphonError } from "../../streaming/index.ts";
import type { ChatMessage, GenerateRequest, GenerationEvent, LanguageModel } from "../../streaming/index.ts";
import { RemoteAnswer } from "./remote-answer.ts";
import { RemoteToolCalls, wireCalls, wireTools } from "./remote-tools.ts";
import { readServerSentEvents } from "./server-sent-events.ts";

/** An OpenAI-compatible chat server. */
export interface RemoteLanguageModelConfig {
  /** Base address that `/chat/completions` is appended to, e.g. `http://localhost:8080/v1`. */
  readonly url: string;
  readonly model: string;
  readonly apiKey?: string | undefined;
  readonly firstTokenTimeoutMs: number;
  /** Between two pieces of an answer. */
  readonly tokenTimeoutMs: number;
}

/** Wait before the one retry; short, because somebody is waiting in silence. */
const RETRY_AFTER_MS = 200;

/**
 * A language model over HTTP: the chat completions API with `stream: true`. A request that fails before its first text
 * is tried once more; afterwards never, since what was said cannot be unsaid. Fails with `llm-unavailable` or
 * `llm-timeout`. The server keeps what cache it keeps: `prefill` and seats mean nothing here. It is not relied on to end
 * an answer: control tokens in the text and stop strings end it here as well, and so does its length. Messages are sent as
 * they are: what control tokens in them mean is for that server's template to say.
 */
export function createRemoteLanguageModel(config: RemoteLanguageModelConfig): LanguageModel {
  let refusesTools = false;
  return {
    callsTools: true,
    async *generate(request, { signal }) {
      let asked = refusesTools ? withoutTools(request) : request;
      for (let attempt = 1; ; attempt++) {
        let begun = false;
        try {
          for await (const event of generateOnce(config, asked, signal)) {
            begun ||= event.type === "text-delta" || event.type === "tool-call";
            yield event;
          }
          refusesTools ||= asked !== request && (request.tools ?? []).length > 0;
          return;
        } catch (error) {
          signal.throwIfAborted();
          if (begun) throw error;
          if ((asked.tools ?? []).length > 0 && isRefusal(error)) {
            asked = withoutTools(request);
            continue;
          }
          if (attempt >= 2 || !isWorthRetrying(error)) throw error;
        }
        await delay(RETRY_AFTER_MS, undefined, { signal }).catch(() => undefined);
        signal.throwIfAborted();
      }
    },
    prefill: () => Promise.resolve(),
    releaseSeat: () => Promise.resolve(),
  };
}

async function* generateOnce(
  config: RemoteLanguageModelConfig,
  request: GenerateRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent, void, void> {
  const deadline = new Deadline(signal);
  try {
    deadline.set(config.firstTokenTimeoutMs);
    const body = await post(config, request, deadline.signal);
    const answer = new RemoteAnswer(request);
    const calls = new RemoteToolCalls();
    let completionTokens = 0;
    let reason: "stop" | "length" | undefined;
    for await (const data of readServerSentEvents(body)) {
      const piece = data === "[DONE]" ? END : parsePiece(data);
      const heard = answer.push(piece.text);
      const saysSomething = calls.push(piece.calls) || piece.text !== "";
      if (saysSomething) completionTokens += 1;
      reason = heard.reason ?? piece.reason;
      // The time that the reader takes is not the server's; and pieces without text, however many, gain it none.
      if (saysSomething) deadline.clear();
      if (heard.text !== "") yield { type: "text-delta", text: heard.text };
      if (reason !== undefined) break;
      if (saysSomething) deadline.set(config.tokenTimeoutMs);
    }
    if (reason === undefined) throw new Error("the answer broke off");
    deadline.clear();
    const rest = answer.end();
    if (rest.text !== "") yield { type: "text-delta", text: rest.text };
    // Half a call, where the answer was cut off, is none.
    const called = reason === "length" ? [] : calls.end();
    for (const call of called) yield { type: "tool-call", call };
    yield {
      type: "generation-end",
      reason: called.length > 0 ? "tool-calls" : (rest.reason ?? reason),
      completionTokens,
    };
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof AntiphonError) throw cause;
    if (deadline.passed) {
      throw new AntiphonError("llm-timeout", `the language model server did not answer in time`, { cause });
    }
    throw new AntiphonError(
      "llm-unavailable",
      `the language model server cannot be reached: ${String(cause)}`,
      {
        cause,
      },
    );
  } finally {
    deadline.clear();
  }
}

async function post(
  { url, model, apiKey }: RemoteLanguageModelConfig,
  request: GenerateRequest,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const { messages, maxTokens, sampling, stop } = request;
  const { temperature, topP, seed } = sampling;
  const response = await fetch(`${url.replace(/\/+$/, "")}/chat/completions`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
    },
    body: JSON.stringify({
      model,
      messages: messages.map(wireMessage),
      stream: true,
      max_tokens: maxTokens,
      temperature,
      top_p: topP,
      seed,
      ...(stop.length > 0 && { stop }),
      ...wireTools(request),
    }),
    signal,
  });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    const { status } = response;
    throw new AntiphonError("llm-unavailable", `the language model server answered with status ${status}`, {
      cause: { status },
    });
  }
  return response.body;
}

/** A message with pictures has a list of parts, a picture being a data URL; frames without their picture are left out. */
function wireMessage({ role, content, toolCalls = [], toolCallId }: ChatMessage): object {
  if (toolCalls.length > 0) return { role, content, ...wireCalls(toolCalls) };
  if (toolCallId !== undefined) return { role, content, tool_call_id: toolCallId };
  if (typeof content === "string") return { role, content };
  const parts = content.flatMap((part): readonly object[] => {
    if (part.type === "text") return [part];
    if (part.jpeg === undefined) return [];
    const url = `data:image/jpeg;base64,${Buffer.from(part.jpeg).toString("base64")}`;
    return [{ type: "image_url", image_url: { url } }];
  });
  return { role, content: parts };
}

function withoutTools(request: GenerateRequest): GenerateRequest {
  return { ...request, tools: [] };
}

/** Servers that know no tools say so by these. */
function isRefusal(error: unknown): boolean {
  const { status } = (error as { cause?: { status?: number } }).cause ?? {};
  return status !== undefined && [400, 404, 422, 500, 501].includes(status);
}

/** A request that the server understood and refused would be refused again. */
function isWorthRetrying(error: unknown): boolean {
  const { status = 500 } = (error as { cause?: { status?: number } }).cause ?? {};
  return status >= 500 || status === 429;
}

/** What one event says: some text, and why the answer ends with it, if it does. */
interface Piece {
  readonly text: string;
  /** Pieces of calls. */
  readonly calls?: unknown;
  readonly reason?: "stop" | "length";
}

const END: Piece = { text: "", reason: "stop" };

function parsePiece(data: string): Piece {
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch (cause) {
    throw new AntiphonError("llm-unavailable", "the language model server sent something else than JSON", {
      cause,
    });
  }
  const { choices, error } = json as {
    choices?: { delta?: { content?: unknown; tool_calls?: unknown }; finish_reason?: unknown }[];
    error?: { message?: unknown } | null;
  };
  if (error !== undefined && error !== null) {
    throw new AntiphonError("llm-unavailable", `the language model server failed: ${String(error.message)}`);
  }
  const content = choices?.[0]?.delta?.content;
  const text = typeof content === "string" ? content : "";
  const piece = { text, calls: choices?.[0]?.delta?.tool_calls };
  const finish = choices?.[0]?.finish_reason;
  // Some servers send an empty reason with every piece.
  if (typeof finish !== "string" || finish === "") return piece;
  return { ...piece, reason: finish === "length" ? "length" : "stop" };
}

/** A signal that also fires when the current step takes too long. */
class Deadline {
  readonly signal: AbortSignal;
  readonly #timeout = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.#timeout.signal]);
  }

  get passed(): boolean {
    return this.#timeout.signal.aborted;
  }

  set(ms: number): void {
    this.clear();
    this.#timer = setTimeout(() => {
      this.#timeout.abort(new DOMException("deadline passed", "TimeoutError"));
    }, ms);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
