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
  #last: Played = { turn: 0, playedMs: 0 };
  #repeating: ReturnType<typeof setInterval> | undefined;

  constructor(send: (played: Played) => void) {
    this.#send = send;
  }

  /** Takes what has been played; told where it is more than before. */
  take({ turn, playedMs }: Played): void {
    if (turn === 0 || (turn === this.#last.turn && playedMs <= this.#last.playedMs)) return;
    this.#last = { turn, playedMs: Math.round(playedMs) };
    this.#send(this.#last);
  }

  /**
   * From now on no more is heard of the answer that `answering` names, until this is called without it: a server that is told
   * nothing supposes real time.
   */
  standStill(answering: (() => number | undefined) | undefined): void {
    clearInterval(this.#repeating);
    if (answering === undefined) return;
    this.#repeating = setInterval(() => {
      const turn = answering();
      if (turn !== undefined) this.#send(turn === this.#last.turn ? this.#last : { turn, playedMs: 0 });
    }, REPORT_EVERY_MS);
  }

  /** Another conversation may count its turns from 1 again. */
  forget(): void {
    this.#last = { turn: 0, playedMs: 0 };
  }
}
