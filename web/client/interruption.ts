import type { ServerMessage } from "../../src/server/protocol.ts";

/** Long enough to be read. */
const SHOWN_MS = 2000;

/** Whether an answer was interrupted just now and nothing else has begun since. */
export class Interruption {
  readonly #onChange: (isInterrupted: boolean) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onChange: (isInterrupted: boolean) => void) {
    this.#onChange = onChange;
  }

  follow(message: ServerMessage): void {
    if (message.type === "answer-end" && message.outcome === "interrupted") this.#begin();
    else if (message.type === "speech-start" || message.type === "answer-start") this.end();
  }

  /** Nothing is said of it any more. */
  end(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#onChange(false);
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.end();
    }, SHOWN_MS);
    this.#onChange(true);
  }
}
