import type { Conversation } from "../../server/conversations.ts";

/** Silence that moves the conversation's clock, by which pictures are told apart. */
const TICK = new Float32Array(320);

/**
 * Pictures that a client puts into the conversation, for one that expects a camera: the newest one is held in view until
 * it was there for a question.
 */
export class Pictures {
  readonly #conversation: Conversation;
  #picture: Uint8Array | undefined;
  #hasTimePassed = true;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  /** Time passes with sound. */
  noteSound(): void {
    this.#hasTimePassed = true;
  }

  take(bytes: Uint8Array): void {
    if (!this.#hasTimePassed) this.#conversation.pushAudio(TICK);
    this.#hasTimePassed = true;
    this.#picture = bytes;
    this.show();
  }

  /** Holds the newest picture into view once more, where time has passed: a camera that shows nothing is off. */
  show(): void {
    if (this.#picture === undefined || !this.#hasTimePassed) return;
    this.#hasTimePassed = false;
    this.#conversation.pushPicture({ bytes: this.#picture, ageMs: 0, isAttached: true });
  }

  /** A question was asked with it in view. */
  forget(): void {
    this.#picture = undefined;
  }
}
