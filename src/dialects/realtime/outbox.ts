import type { WebSocket } from "ws";

import type { Metrics } from "../../server/metrics.ts";
import { type ServerEvent, toBetaEvent } from "./beta.ts";
import { newId } from "./ids.ts";
import { StallGuard, type StallGuardOptions } from "../../server/stall-guard.ts";

export interface OutboxOptions extends Omit<StallGuardOptions, "onCut"> {
  readonly metrics: Metrics;
  readonly isBeta: boolean;
}

/** Events on their way to one client, in its interface's words, with an end to how much may pile up. */
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

  send(event: ServerEvent): void {
    const isStalled = this.#guard.isStalled();
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (isStalled && event.type === "response.output_audio.delta") {
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
