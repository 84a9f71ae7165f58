import type { ChatMessage, LanguageModel } from "./contracts.ts";
import type { Seats } from "./seats.ts";

/** Letters by which a question must have grown before more of its cache is worth a run of the network. */
const GROWTH_CHARACTERS = 8;

/** Keeps the KV cache of a conversation's monitor ready for the question that is likely to come. */
export class SeatWarming {
  readonly #languageModel: LanguageModel;
  readonly #seats: Seats;
  readonly #maxTokens: number;
  #controller = new AbortController();
  #warmCharacters = 0;

  /** `maxTokens` is the room that the answer will need. */
  constructor(languageModel: LanguageModel, seats: Seats, maxTokens: number) {
    this.#languageModel = languageModel;
    this.#seats = seats;
    this.#maxTokens = maxTokens;
  }

  /** Computes the cache of a prompt whose last message may still grow. Failure shows when the question does come. */
  warm(messages: readonly ChatMessage[]): void {
    this.stop();
    const controller = new AbortController();
    this.#controller = controller;
    const request = { seat: this.#seats.monitor, messages, maxTokens: this.#maxTokens, open: true };
    this.#languageModel.prefill(request, controller).catch(() => undefined);
  }

  /** The same for the words so far of a question still being asked, once there are enough new ones. */
  warmGrowing(question: string, messages: readonly ChatMessage[]): void {
    if (question.length < this.#warmCharacters + GROWTH_CHARACTERS) return;
    this.warm(messages);
    this.#warmCharacters = question.length;
  }

  /** Gives way to an answer, or to a turn that took another course. */
  stop(): void {
    this.#controller.abort(new DOMException("the question has come", "AbortError"));
    this.#warmCharacters = 0;
  }
}
