import type { WebSocket } from "ws";

import type { Clock } from "../../streaming/index.ts";

/** Who reads nothing for this long is gone, whatever TCP thinks. */
const STALLED_MS = 10_000;
/** Whoever has this much unread is cut off at once: between two looks at the clock a client can ask for gigabytes. */
const UNSENT_BYTES_AT_MOST = 8 * 2 ** 20;

export interface StallGuardOptions {
  readonly clock: Clock;
  /** Above this many unsent bytes sound is dropped: late sound is worth nothing, words are. */
  readonly maxBufferedBytes: number;
  /** The other end was cut off; it would not read why. */
  readonly onCut: () => void;
}

/** Knows whether the other end of a socket reads, and cuts off who does not for long. */
export class StallGuard {
  readonly #socket: WebSocket;
  readonly #options: StallGuardOptions;
  #stalledSinceMs: number | undefined;
  #isCut = false;

  constructor(socket: WebSocket, options: StallGuardOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** Whether more is unsent than may pile up. To be asked before everything that is sent. */
  isStalled(): boolean {
    const { clock, maxBufferedBytes } = this.#options;
    const { bufferedAmount } = this.#socket;
    if (bufferedAmount <= maxBufferedBytes) {
      this.#stalledSinceMs = undefined;
      return false;
    }
    this.#stalledSinceMs ??= clock.nowMs();
    const isOverdue = clock.nowMs() - this.#stalledSinceMs > STALLED_MS;
    if ((isOverdue || bufferedAmount > UNSENT_BYTES_AT_MOST) && !this.#isCut) {
      this.#isCut = true;
      this.#socket.terminate();
      this.#options.onCut();
    }
    return true;
  }

  /** Answers a WebSocket ping, as long as the answers are read. */
  sendPong(data: Buffer): void {
    if (!this.isStalled() && this.#socket.readyState === this.#socket.OPEN) this.#socket.pong(data);
  }
}
