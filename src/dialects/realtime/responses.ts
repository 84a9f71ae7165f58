import type { AudioFrame } from "../../../audio/index.ts";
import { heardText, type SessionEvent, type SoundingWord } from "../../../streaming/index.ts";
import type { ServerEvent } from "./beta.ts";
import { RealtimeError, type RealtimeErrorDetails } from "./errors.ts";
import type { Items } from "./items.ts";
import { type ResponseEnding, ResponseWriter } from "./response-writer.ts";
import type { SessionConfig } from "./session-config.ts";
import { SoundOut } from "./sound.ts";

/** An answer that was asked for, or that is being given. */
interface Request {
  readonly config: SessionConfig;
  readonly metadata: Readonly<Record<string, string>> | null;
  /** Somebody wants no more of it. */
  isCancelled: boolean;
}

/** What was said in an item, and when each of its words sounded, so that it can be cut later. */
interface Said {
  readonly text: string;
  readonly words: readonly SoundingWord[];
  readonly soundMs: number;
  /** It was said to its end. */
  readonly isWhole: boolean;
}

type AnswerEnd = Extract<SessionEvent, { readonly type: "answer-end" }>;

export interface ResponsesHost {
  readonly send: (event: ServerEvent) => void;
  readonly items: Items;
  readonly conversationId: string;
  readonly config: () => SessionConfig;
  readonly sound: () => SoundOut;
  /** Stops what is being said. */
  readonly interrupt: () => void;
}

/** Answers whose words' times are kept, so that they can be cut. */
const KEPT_ANSWERS = 16;
/** A client's clock may run ahead of what it was sent by this much. */
const OVERSHOOT_MS = 500;
/** A word that ends within the piece of sound that is playing counts as heard. */
const HEARD_WITHIN_MS = SoundOut.pieceMs;

const CUT_SHORT = { status: "incomplete", reason: "max_output_tokens" } as const;

/** The one answer at a time, and those that can still be cut. */
export class Responses {
  readonly #host: ResponsesHost;
  readonly #said = new Map<string, Said>();
  #request: Request | undefined;
  #writer: ResponseWriter | undefined;
  #words: SoundingWord[] = [];
  #cutAtMs: number | undefined;
  #error: RealtimeErrorDetails | undefined;
  /** What was said into one is to be answered behind it. */
  #isOwed = false;
  /** The last one was stopped: a `response.cancel` may have crossed that on the way. */
  #mayBeCancelledStill = false;

  constructor(host: ResponsesHost) {
    this.#host = host;
  }

  /** Whether there is something to cancel: also an answer that comes by itself, before it has begun. */
  get isCancellable(): boolean {
    return this.isActive || this.#isOwed;
  }

  /** Whether an answer is being given or was asked for. */
  get isActive(): boolean {
    return this.#request !== undefined;
  }

  /** Whether the one at hand is cancelled, and not over yet. */
  get isCancelling(): boolean {
    return this.#request?.isCancelled === true;
  }

  /** Whether something is being said. */
  get isSpeaking(): boolean {
    return this.#writer !== undefined;
  }

  /** Of the message that is being said; undefined before its first word. */
  get messageId(): string | undefined {
    return this.#writer?.messageId;
  }

  /** @throws RealtimeError where there is one already. */
  request(config: SessionConfig, metadata: Request["metadata"]): void {
    this.checkFree();
    this.#request = { config, metadata, isCancelled: false };
  }

  /** @throws RealtimeError where there is a response already. */
  checkFree(): void {
    if (!this.isActive) return;
    const message = "There is a response already; wait for response.done or cancel it.";
    throw new RealtimeError("conversation_already_has_active_response", message);
  }

  /** @throws RealtimeError where none is being given, or not this one. */
  cancel(responseId: string | undefined): void {
    const request = this.#request;
    const isOther = responseId !== undefined && responseId !== this.#writer?.id;
    if (request !== undefined && !isOther) {
      request.isCancelled = true;
      this.#isOwed = false;
      this.#host.interrupt();
    } else if (request === undefined && this.#isOwed) {
      this.#isOwed = false;
      this.#host.interrupt();
    } else if (this.#mayBeCancelledStill) this.#mayBeCancelledStill = false;
    else throw new RealtimeError("response_cancel_not_active", "No such response is being given.");
  }

  /** What was asked for is over before it has begun. */
  endUnbegun(): void {
    if (this.#request === undefined) return;
    const settings = { ...this.#request, conversationId: this.#host.conversationId };
    const writer = new ResponseWriter(this.#host.send, this.#host.items, settings);
    const ending = this.#endingOf("interrupted", this.#request);
    writer.finish({ ...ending, text: "", timings: { revisions: 0, discarded: 0, discardedMs: 0 } });
    this.#request = undefined;
  }

  /** What was said into an answer that is heard out is to be answered when that is over, or is so no longer. */
  noteDebt(isOwed: boolean): void {
    this.#isOwed = isOwed;
  }

  start(): void {
    const { send, items, conversationId } = this.#host;
    this.#request ??= { config: this.#host.config(), metadata: null, isCancelled: false };
    this.#writer = new ResponseWriter(send, items, { ...this.#request, conversationId });
    this.#words = [];
    this.#cutAtMs = undefined;
    this.#error = undefined;
    this.#mayBeCancelledStill = false;
    if (this.#request.isCancelled) this.#host.interrupt();
  }

  addText(text: string): void {
    this.#writer?.addText(text);
  }

  addWords(words: readonly SoundingWord[]): void {
    this.#words.push(...words);
  }

  addCall(call: Parameters<ResponseWriter["addCall"]>[0]): void {
    this.#writer?.addCall(call);
  }

  addSound(frame: AudioFrame): void {
    if (this.#request?.isCancelled === true) return;
    for (const piece of this.#host.sound().encode(frame)) this.#writer?.addSound(piece, SoundOut.pieceMs);
  }

  /** What went wrong with it; told when it is over. */
  noteError(error: RealtimeErrorDetails): void {
    this.#error = error;
  }

  /** It is over. Returns whether the client's account of what was heard differs from the conversation's. */
  finish({ outcome, text, timings, isCutShort = false }: AnswerEnd): boolean {
    const [writer, request] = [this.#writer, this.#request];
    if (writer === undefined || request === undefined) return false;
    const rest = this.#host.sound().finish();
    if (outcome === "completed") for (const piece of rest) writer.addSound(piece, SoundOut.pieceMs);
    const heard = this.#cutAtMs === undefined ? text : heardText(text, this.#words, this.#cutAtMs);
    this.#keep(writer, outcome === "completed");
    const ending = isCutShort ? CUT_SHORT : this.#endingOf(outcome, request);
    writer.finish({ ...ending, text: heard, timings });
    this.#writer = undefined;
    this.#request = undefined;
    this.#mayBeCancelledStill = outcome === "interrupted" && !request.isCancelled;
    return heard !== text;
  }

  /**
   * What is left of an item when no more than this was heard of it; undefined where that is known only when it is over.
   * @throws RealtimeError where it has no sound, or not as much.
   */
  cut(itemId: string, atMs: number): string | undefined {
    if (this.#writer?.messageId === itemId) {
      this.#checkLength(atMs, this.#writer.soundMs);
      this.#cutAtMs = atMs + HEARD_WITHIN_MS;
      this.cancel(undefined);
      return undefined;
    }
    const said = this.#said.get(itemId);
    if (said === undefined)
      throw new RealtimeError("invalid_value", "Only an answer with sound can be truncated.", "item_id");
    this.#checkLength(atMs, said.soundMs);
    if (said.isWhole && atMs >= said.soundMs) return said.text.trim();
    return heardText(said.text, said.words, Math.min(atMs, said.soundMs) + HEARD_WITHIN_MS);
  }

  #checkLength(atMs: number, soundMs: number): void {
    if (atMs <= soundMs + OVERSHOOT_MS) return;
    const message = `Audio content of ${soundMs}ms is already shorter than ${atMs}ms`;
    throw new RealtimeError("invalid_value", message, "audio_end_ms");
  }

  #keep({ messageId, soundMs, text }: ResponseWriter, isWhole: boolean): void {
    if (messageId === undefined || soundMs === 0) return;
    this.#said.set(messageId, { text, words: this.#words, soundMs, isWhole });
    const [oldest] = this.#said.keys();
    if (this.#said.size > KEPT_ANSWERS && oldest !== undefined) this.#said.delete(oldest);
  }

  #endingOf(
    outcome: AnswerEnd["outcome"],
    { isCancelled }: Request,
  ): Pick<ResponseEnding, "status" | "reason" | "error"> {
    switch (outcome) {
      case "completed":
        return { status: "completed" };
      case "interrupted":
        return { status: "cancelled", reason: isCancelled ? "client_cancelled" : "turn_detected" };
      case "failed":
        return { status: "failed", ...(this.#error && { error: this.#error }) };
    }
  }
}
