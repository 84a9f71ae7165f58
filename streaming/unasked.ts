/** Things to say unasked that may wait; what is beyond is left unsaid. */
const WAITING_AT_MOST = 16;

/** So often at most the same is begun: some clients never play what they are sent. */
const TRIES = 10;

interface Announcement {
  readonly text: string;
  readonly triesLeft: number;
}

/** Who has asked for silence is told nothing unasked for so long, or until somebody is answered again. */
const SILENCE_MS = 5000;

/** What the assistant has to say by itself, in order. */
export class Unasked {
  readonly #waiting: Announcement[] = [];
  /** To be said by the next turn. */
  #due: Announcement | undefined;
  /** What was said last, and by which turn. */
  #said: (Announcement & { readonly turn: number }) | undefined;
  #silentUntilMs: number | undefined;

  push(text: string): void {
    if (text.trim() !== "" && this.#waiting.length < WAITING_AT_MOST)
      this.#waiting.push({ text, triesLeft: TRIES });
  }

  /** Whether there is something that waits until silence has lasted long enough. */
  get isKeptBack(): boolean {
    return this.#silentUntilMs !== undefined && this.#waiting.length > 0;
  }

  /** Somebody has asked for silence. */
  keepSilent(nowMs: number): void {
    this.#silentUntilMs = nowMs + SILENCE_MS;
  }

  /** Somebody is answered: who wants silence again says so again. */
  endSilence(): void {
    this.#silentUntilMs = undefined;
  }

  /** Takes out the next one for the turn that begins now; returns whether there is one, and nobody wants silence. */
  takeNext(nowMs: number): boolean {
    if (this.#silentUntilMs !== undefined && nowMs < this.#silentUntilMs) return false;
    this.#silentUntilMs = undefined;
    this.#due = this.#waiting.shift();
    return this.#due !== undefined;
  }

  /** What this turn, which begins, is to say; nothing where it answers somebody. */
  begin(turn: number): string | undefined {
    const due = this.#due;
    this.#due = undefined;
    if (due !== undefined) this.#said = { text: due.text, triesLeft: due.triesLeft - 1, turn };
    return due?.text;
  }

  /** This turn was stopped before a word of it was heard: what it was to say is still to be said. */
  takeBack(turn: number): void {
    if (this.#said?.turn === turn && this.#said.triesLeft > 0) this.#waiting.unshift(this.#said);
    this.#said = undefined;
  }
}
