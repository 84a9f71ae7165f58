import type { WebSocket } from "ws";

import { encodeFrame } from "./frames.ts";
import type { EncodedAudio } from "./audio-codec.ts";
import type { Metrics } from "./metrics.ts";
import type { ServerMessage } from "./protocol.ts";
import { StallGuard, type StallGuardOptions } from "./stall-guard.ts";

export interface OutboxOptions extends Omit<StallGuardOptions, "onCut"> {
  readonly metrics: Metrics;
}

/** Everything that leaves through one socket, with an end to how much may pile up. */
export class Outbox {
  readonly #socket: WebSocket;
  readonly #options: OutboxOptions;
  readonly #guard: StallGuard;

  constructor(socket: WebSocket, options: OutboxOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#guard = new StallGuard(socket, {
      ...options,
      onCut: () => {
        options.metrics.countError("connection-failed");
      },
    });
  }

  sendMessage(message: ServerMessage): void {
    this.#guard.isStalled();
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Answers a WebSocket ping, as long as the answers are read. */
  sendPong(data: Buffer): void {
    this.#guard.sendPong(data);
  }

  sendAudio(turn: number, audio: EncodedAudio): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#guard.isStalled()) this.#options.metrics.countDroppedFrame();
    else this.#socket.send(encodeFrame({ kind: "audio-out", turn, ...audio }));
  }
}
