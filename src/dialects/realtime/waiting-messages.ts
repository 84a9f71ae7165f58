import type { RawData } from "ws";

import { AntiphonError } from "../../../streaming/index.ts";
import { MAX_PAYLOAD_BYTES } from "./handshake.ts";

/** Messages that may wait for one that takes time. */
const WAITING_BYTES = 2 * MAX_PAYLOAD_BYTES;

interface WaitingMessage {
  readonly json: string;
  readonly byteLength: number;
}

/** Messages behind the one that is being handled, in order. */
export class WaitingMessages {
  readonly #messages: WaitingMessage[] = [];
  #bytes = 0;

  /** @throws AntiphonError `rate-exceeded` where too much waits already. */
  push(message: WaitingMessage): void {
    if (this.#bytes > WAITING_BYTES) throw new AntiphonError("rate-exceeded", "too much waits to be handled");
    this.#messages.push(message);
    this.#bytes += message.byteLength;
  }

  /** Takes the one that waits longest. */
  shift(): string | undefined {
    const message = this.#messages.shift();
    this.#bytes -= message?.byteLength ?? 0;
    return message?.json;
  }
}

/** A message of a socket's in one piece. */
export function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
