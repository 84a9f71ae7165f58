import type { WebSocket } from "ws";

import type { Limits } from "../../config.ts";

/** Pings that may stay without an answer before a connection counts as dead. */
const MISSED_PONGS = 2;

/** Watches whether somebody is still at the other end, and has anything to say. */
export class Liveness {
  readonly #idle: NodeJS.Timeout;
  readonly #heartbeat: NodeJS.Timeout;
  #missedPongs = 0;

  /** `onIdle` is called when nothing came for too long; who does not answer pings is cut off. */
  constructor(socket: WebSocket, { idleTimeoutMs, heartbeatMs }: Limits, onIdle: () => void) {
    this.#idle = setTimeout(onIdle, idleTimeoutMs);
    this.#heartbeat = setInterval(() => {
      if (this.#missedPongs >= MISSED_PONGS) socket.terminate();
      this.#missedPongs += 1;
      if (socket.readyState === socket.OPEN) socket.ping();
    }, heartbeatMs);
    socket.on("pong", () => (this.#missedPongs = 0));
  }

  noteMessage(): void {
    this.#idle.refresh();
  }

  stop(): void {
    clearTimeout(this.#idle);
    clearInterval(this.#heartbeat);
  }
}
