import { textOf } from "./chat-text.ts";
import type { ChatMessage, LanguageModel } from "./contracts.ts";
import type { ConversationHistory } from "./history.ts";
import type { Seats } from "./seats.ts";

/** Letters by which a question must have grown before more of its cache is worth a run of the network. */
const GROWTH_CHARACTERS = 8;

/** Where the cache is wanted. */
export interface WarmingPlace {
  readonly seats: Pick<Seats, "monitor">;
  readonly history: Pick<ConversationHistory, "context">;
  /** Room that the answer will need. */
  readonly maxTokens: number;
}

/** Keeps the KV cache of a conversation's monitor ready for the question that is likely to come. */
export class SeatWarming {
  readonly #languageModel: LanguageModel;
  readonly #place: WarmingPlace;
  #controller = new AbortController();
  /** The words so far of the question that is being asked. */
  #growing = "";
  /** How long the message is in which they stand. */
  #grownTo = 0;
  /** What is being computed, or is there. */
  #warmed: string | undefined;

  constructor(languageModel: LanguageModel, place: WarmingPlace) {
    this.#languageModel = languageModel;
    this.#place = place;
  }

  /** The words so far that the cache is made ready for; empty where nobody asks anything yet. */
  get growing(): string {
    return this.#growing;
  }

  /** Computes the cache of a prompt whose last message may still grow. Failure shows when the question does come. */
  warm(messages: readonly ChatMessage[]): void {
    const { seats, history, maxTokens } = this.#place;
    const warmed = `${history.context} ${keyOf(messages)}`;
    if (warmed === this.#warmed) return;
    this.stop();
    const controller = new AbortController();
    this.#controller = controller;
    this.#warmed = warmed;
    const request = { seat: seats.monitor, messages, context: history.context, maxTokens, open: true };
    this.#languageModel.prefill(request, controller).catch(() => {
      if (this.#controller === controller) this.#warmed = undefined;
    });
  }

  /** The same for the words so far of a question still being asked, once there are enough new ones. */
  warmGrowing(question: string, messages: readonly ChatMessage[]): void {
    const last = messages.at(-1);
    const length = last === undefined ? 0 : textOf(last).length;
    if (question === this.#growing || length < this.#grownTo + GROWTH_CHARACTERS) return;
    this.warm(messages);
    this.#growing = question;
    this.#grownTo = length;
  }

  /** The same words, with something else in view. */
  warmAnew(messages: readonly ChatMessage[]): void {
    const [growing, grownTo] = [this.#growing, this.#grownTo];
    this.warm(messages);
    this.#growing = growing;
    this.#grownTo = grownTo;
  }

  /** Gives way to an answer, or to a turn that took another course. */
  stop(): void {
    this.#controller.abort(new DOMException("the question has come", "AbortError"));
    this.#growing = "";
    this.#grownTo = 0;
    this.#warmed = undefined;
  }
}

/** A picture is known by its id. */
function keyOf(messages: readonly ChatMessage[]): string {
  return JSON.stringify(messages, (key, value: unknown) =>
    key === "embeddings" || key === "jpeg" ? undefined : value,
  );
}
