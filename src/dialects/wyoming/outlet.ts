import { once } from "node:events";
import type { Writable } from "node:stream";

import { AntiphonError, type Clock } from "../../../streaming/index.ts";
import { encodeEvent } from "./events.ts";

/** A client that takes nothing for this long is cut off. */
const SLOWEST_MS = 30_000;

/** Where a connection's events leave; waits for clients that read slowly. */
export class Outlet {
  readonly #socket: Writable;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;

  /** `signal` is aborted when the connection is over. */
  constructor(socket: Writable, clock: Clock, signal: AbortSignal) {
    this.#socket = socket;
    this.#clock = clock;
    this.#signal = signal;
  }

  /**
   * Sends an event, and returns when there is room for the next one.
   * @throws the signal's reason; AntiphonError `connection-failed` where the client does not read.
   */
  async send(type: string, data?: Readonly<Record<string, unknown>>, payload?: Uint8Array): Promise<void> {
    this.#signal.throwIfAborted();
    if (this.#socket.write(encodeEvent(type, data, payload))) return;
    const [patience, waiting] = [new AbortController(), new AbortController()];
    const giveUp = (): void => {
      patience.abort();
    };
    this.#clock.sleep(SLOWEST_MS, waiting).then(giveUp, () => undefined);
    try {
      await once(this.#socket, "drain", { signal: AbortSignal.any([this.#signal, patience.signal]) });
    } catch (error) {
      this.#signal.throwIfAborted();
      this.#socket.destroy();
      throw patience.signal.aborted
        ? new AntiphonError("connection-failed", "the client does not read")
        : error;
    } finally {
      waiting.abort();
    }
  }
}
