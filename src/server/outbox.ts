import type { WebSocket } from "ws";

import type { Clock } from "../../streaming/index.ts";
import { encodeFrame } from "./frames.ts";
import type { EncodedAudio } from "./audio-codec.ts";
import type { Metrics } from "./metrics.ts";
import type { ServerMessage } from "./protocol.ts";

/** A client that reads nothing for this long is gone, whatever TCP thinks. */
const STALLED_MS = 10_000;

export interface OutboxOptions {
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Above this many unsent bytes sound is dropped: late sound is worth nothing, words are. */
  readonly maxBufferedBytes: number;
}

/** Everything that leaves through one socket, with an end to how much may pile up. */
export class Outbox {
  readonly #socket: WebSocket;
  readonly #options: OutboxOptions;
  #stalledSinceMs: number | undefined;

  constructor(socket: WebSocket, options: OutboxOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  sendMessage(message: ServerMessage): void {
    this.#isStalled();
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Answers a WebSocket ping, as long as the answers are read. */
  sendPong(data: Buffer): void {
    if (!this.#isStalled() && this.#socket.readyState === this.#socket.OPEN) this.#socket.pong(data);
  }

  sendAudio(turn: number, audio: EncodedAudio): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#isStalled()) this.#options.metrics.countDroppedFrame();
    else this.#socket.send(encodeFrame({ kind: "audio-out", turn, ...audio }));
  }

  #isStalled(): boolean {
    const { clock, maxBufferedBytes } = this.#options;
    if (this.#socket.bufferedAmount <= maxBufferedBytes) {
      this.#stalledSinceMs = undefined;
      return false;
    }
    this.#stalledSinceMs ??= clock.nowMs();
    if (clock.nowMs() - this.#stalledSinceMs > STALLED_MS) this.#socket.terminate();
    return true;
  }
}
