import type { WebSocket } from "ws";

import type { ServerMessage } from "./messages.ts";
import { StallGuard, type StallGuardOptions } from "../../server/stall-guard.ts";

export interface DeviceOutboxOptions extends StallGuardOptions {
  /** Names the connection in every message. */
  readonly sessionId: string;
  readonly onDroppedSound: () => void;
}

/** What leaves for one board, with an end to how much may pile up. */
export class DeviceOutbox {
  readonly #socket: WebSocket;
  readonly #options: DeviceOutboxOptions;
  readonly #guard: StallGuard;

  constructor(socket: WebSocket, options: DeviceOutboxOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#guard = new StallGuard(socket, options);
  }

  send(message: ServerMessage): void {
    this.#guard.isStalled();
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(JSON.stringify({ session_id: this.#options.sessionId, ...message }));
  }

  sendAudio(frame: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#guard.isStalled()) this.#options.onDroppedSound();
    else this.#socket.send(frame);
  }

  sendPong(data: Buffer): void {
    this.#guard.sendPong(data);
  }
}
