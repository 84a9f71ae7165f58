/** Things to say unasked that may wait; what is beyond is left unsaid. */
const WAITING_AT_MOST = 16;

/** What the assistant has to say by itself, in order. */
export class Unasked {
  readonly #texts: string[] = [];

  push(text: string): void {
    if (text.trim() !== "" && this.#texts.length < WAITING_AT_MOST) this.#texts.push(text);
  }

  next(): string | undefined {
    return this.#texts.shift();
  }
}
