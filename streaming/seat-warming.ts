import type { ChatMessage, LanguageModel } from "./contracts.ts";

/** Letters by which a question must have grown before more of its cache is worth a run of the network. */
const GROWTH_CHARACTERS = 16;

/** Keeps a conversation's KV cache ready for the question that is likely to come. */
export class SeatWarming {
  readonly #languageModel: LanguageModel;
  readonly #seat: string;
  readonly #maxTokens: number;
  #controller = new AbortController();
  #warmCharacters = 0;

  /** `maxTokens` is the room that the answer will need. */
  constructor(languageModel: LanguageModel, seat: string, maxTokens: number) {
    this.#languageModel = languageModel;
    this.#seat = seat;
    this.#maxTokens = maxTokens;
  }

  /** Computes the cache of a prompt whose last message may still grow. Failure shows when the question does come. */
  warm(messages: readonly ChatMessage[]): void {
    this.stop();
    const controller = new AbortController();
    this.#controller = controller;
    const request = { seat: this.#seat, messages, maxTokens: this.#maxTokens, open: true };
    this.#languageModel.prefill(request, controller).catch(() => undefined);
  }

  /** The same for the words that are certain of a question still being asked, once there are enough new ones. */
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
