import type { ToolCall, TurnTimings } from "../../../streaming/index.ts";
import type { ServerEvent } from "./beta.ts";
import type { FunctionCallItem, Item, MessageItem } from "./client-item.ts";
import type { RealtimeErrorDetails } from "./errors.ts";
import { newId } from "./ids.ts";
import type { Items } from "./items.ts";
import type { SessionConfig } from "./session-config.ts";
import { usageOf } from "./usage.ts";

export interface ResponseSettings {
  readonly config: SessionConfig;
  readonly metadata: Readonly<Record<string, string>> | null;
  /** Null outside of the conversation. */
  readonly conversationId: string | null;
}

/** How a response is over. */
export interface ResponseEnding {
  readonly status: "completed" | "cancelled" | "failed" | "incomplete";
  readonly reason?: "turn_detected" | "client_cancelled" | "max_output_tokens";
  readonly error?: RealtimeErrorDetails;
  /** Of what was said, what counts: after an interruption what was heard. */
  readonly text: string;
  readonly timings: TurnTimings;
}

/** Tells of one answer in the order in which clients want to hear of it: response, items, parts, and back out. */
export class ResponseWriter {
  readonly id = newId("resp");
  readonly #send: (event: ServerEvent) => void;
  readonly #items: Items;
  readonly #settings: ResponseSettings;
  readonly #isSpoken: boolean;
  readonly #output: Item[] = [];
  #message: MessageItem | undefined;
  #deltas = 0;
  #text = "";
  #soundMs = 0;

  constructor(send: (event: ServerEvent) => void, items: Items, settings: ResponseSettings) {
    this.#send = send;
    this.#items = items;
    this.#settings = settings;
    this.#isSpoken = settings.config.output_modalities.includes("audio");
    send({ type: "response.created", response: this.#describe("in_progress") });
    // Clients may wait for it, as OpenAI sends it here; nothing here has a limit that counts tokens or requests.
    send({ type: "rate_limits.updated", rate_limits: [] });
  }

  /** Of the message that is being said; undefined before its first word. */
  get messageId(): string | undefined {
    return this.#message?.id;
  }

  /** All that was written so far. */
  get text(): string {
    return this.#text;
  }

  /** How much sound was sent. */
  get soundMs(): number {
    return this.#soundMs;
  }

  addText(delta: string): void {
    this.#deltas += 1;
    this.#text += delta;
    const type = this.#isSpoken ? "response.output_audio_transcript.delta" : "response.output_text.delta";
    this.#send({ type, ...this.#partOf(this.#begin()), delta });
  }

  addSound(base64: string, durationMs: number): void {
    if (!this.#isSpoken) return;
    this.#soundMs += durationMs;
    this.#send({ type: "response.output_audio.delta", ...this.#partOf(this.#begin()), delta: base64 });
  }

  /** Something that the client is to run. */
  addCall({ id, name, arguments: json }: ToolCall): void {
    const item: FunctionCallItem = {
      id: newId("item"),
      object: "realtime.item",
      type: "function_call",
      status: "in_progress",
      call_id: id,
      name,
      arguments: "",
    };
    this.#addItem(item);
    const place = this.#placeOf(item);
    const said = { ...place, item_id: item.id, call_id: id };
    this.#send({ type: "response.function_call_arguments.delta", ...said, delta: json });
    this.#send({ type: "response.function_call_arguments.done", ...said, name, arguments: json });
    item.arguments = json;
    this.#finishItem(item, "completed");
  }

  finish(ending: ResponseEnding): void {
    const { status, text } = ending;
    if (this.#message !== undefined)
      this.#finishMessage(this.#message, status === "completed" ? "completed" : "incomplete", text);
    const { reason, error, timings } = ending;
    const details =
      status === "completed" ? null : { type: status, ...(reason && { reason }), ...(error && { error }) };
    const usage = usageOf({ timings, outputTokens: this.#deltas, soundMs: this.#soundMs });
    const response = { ...this.#describe(status), status_details: details, usage };
    this.#send({ type: "response.done", response });
  }

  #describe(status: ResponseEnding["status"] | "in_progress"): Readonly<Record<string, unknown>> {
    const { config, metadata, conversationId } = this.#settings;
    const { format, voice } = config.audio.output;
    return {
      id: this.id,
      object: "realtime.response",
      status,
      status_details: null,
      conversation_id: conversationId,
      output: this.#output,
      output_modalities: config.output_modalities,
      max_output_tokens: config.max_output_tokens,
      audio: { output: { format, voice } },
      metadata,
      usage: null,
    };
  }

  /** The message, which begins with its first word or sound. */
  #begin(): MessageItem {
    if (this.#message !== undefined) return this.#message;
    const item: MessageItem = {
      id: newId("item"),
      object: "realtime.item",
      type: "message",
      status: "in_progress",
      role: "assistant",
      content: [],
    };
    this.#message = item;
    this.#addItem(item);
    const part = this.#isSpoken ? { type: "audio", transcript: "" } : { type: "text", text: "" };
    this.#send({ type: "response.content_part.added", ...this.#partOf(item), part });
    return item;
  }

  #finishMessage(item: MessageItem, status: "completed" | "incomplete", text: string): void {
    const place = this.#partOf(item);
    if (this.#isSpoken) {
      this.#send({ type: "response.output_audio.done", ...place });
      this.#send({ type: "response.output_audio_transcript.done", ...place, transcript: text });
    } else this.#send({ type: "response.output_text.done", ...place, text });
    const part = this.#isSpoken ? { type: "audio", transcript: text } : { type: "text", text };
    this.#send({ type: "response.content_part.done", ...place, part });
    const said = this.#isSpoken
      ? ({ type: "output_audio", transcript: text } as const)
      : ({ type: "output_text", text } as const);
    item.content.push(said);
    this.#finishItem(item, status);
  }

  #addItem(item: Item): void {
    const previous = this.#items.lastId;
    this.#output.push(item);
    this.#items.append(item);
    this.#send({ type: "response.output_item.added", ...this.#placeOf(item), item });
    this.#send({ type: "conversation.item.added", previous_item_id: previous, item });
  }

  #finishItem(item: Item, status: "completed" | "incomplete"): void {
    item.status = status;
    this.#send({ type: "response.output_item.done", ...this.#placeOf(item), item });
    this.#send({ type: "conversation.item.done", previous_item_id: this.#items.idBefore(item.id), item });
  }

  #placeOf(item: Item): Readonly<Record<string, unknown>> {
    return { response_id: this.id, output_index: this.#output.indexOf(item) };
  }

  #partOf(item: Item): Readonly<Record<string, unknown>> {
    return { ...this.#placeOf(item), item_id: item.id, content_index: 0 };
  }
}
