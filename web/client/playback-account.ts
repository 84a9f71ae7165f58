/** As often as the playback worklet reports. */
const REPORT_EVERY_MS = 100;

/** What of an answer has been played. */
export interface Played {
  readonly turn: number;
  readonly playedMs: number;
}

/** Tells the server how much of its answers has been heard. */
export class PlaybackAccount {
  readonly #send: (played: Played) => void;
  readonly #answering: () => number | undefined;
  #last: Played = { turn: 0, playedMs: 0 };
  #repeating: ReturnType<typeof setInterval> | undefined;

  /** @param answering - which answer the server is giving. */
  constructor(send: (played: Played) => void, answering: () => number | undefined) {
    this.#send = send;
    this.#answering = answering;
  }

  /** Takes what has been played; told where it is more than before. */
  take({ turn, playedMs }: Played): void {
    if (turn === 0 || (turn === this.#last.turn && playedMs <= this.#last.playedMs)) return;
    this.#last = { turn, playedMs: Math.round(playedMs) };
    this.#send(this.#last);
  }

  /** While it stands still, no more is heard of the answer that is given: a server that is told nothing supposes real time. */
  standStill(isStill: boolean): void {
    clearInterval(this.#repeating);
    const turn = this.#answering();
    if (!isStill || turn === undefined) return;
    const played = turn === this.#last.turn ? this.#last : { turn, playedMs: 0 };
    this.#repeating = setInterval(() => {
      if (this.#answering() === turn) this.#send(played);
    }, REPORT_EVERY_MS);
  }

  /** Another conversation may count its turns from 1 again. */
  forget(): void {
    this.#last = { turn: 0, playedMs: 0 };
  }
}
