import type { WebSocket } from "ws";

import type { Metrics } from "../../server/metrics.ts";
import { type ServerEvent, toBetaEvent } from "./beta.ts";
import { newId } from "./ids.ts";
import { StallGuard, type StallGuardOptions } from "../../server/stall-guard.ts";

export interface OutboxOptions extends StallGuardOptions {
  readonly metrics: Metrics;
  readonly isBeta: boolean;
}

/** Whoever has this much unread is cut off at once: between two looks at the clock a client can ask for gigabytes. */
const UNSENT_BYTES_AT_MOST = 8 * 2 ** 20;

/** Events on their way to one client, in its interface's words, with an end to how much may pile up. */
export class Outbox {
  readonly #socket: WebSocket;
  readonly #options: OutboxOptions;
  readonly #guard: StallGuard;

  constructor(socket: WebSocket, options: OutboxOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#guard = new StallGuard(socket, options);
  }

  send(event: ServerEvent): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > UNSENT_BYTES_AT_MOST) {
      this.#socket.terminate();
      return;
    }
    if (this.#guard.isStalled() && event.type === "response.output_audio.delta") {
      this.#options.metrics.countDroppedFrame();
      return;
    }
    const said = this.#options.isBeta ? toBetaEvent(event) : event;
    if (said === undefined) return;
    const { type, ...fields } = said;
    this.#socket.send(JSON.stringify({ type, event_id: newId("event"), ...fields }));
  }

  /** Answers a WebSocket ping, as long as the answers are read. */
  sendPong(data: Buffer): void {
    this.#guard.sendPong(data);
  }
}
