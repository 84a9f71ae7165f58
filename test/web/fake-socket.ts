import { decodeFrame, encodeFrame } from "../../src/server/frames.ts";
import type { ServerMessage } from "../../src/server/protocol.ts";

/** A WebSocket whose other side is the test. */
export class FakeSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 3;
  static last: FakeSocket;
  readyState: number = FakeSocket.OPEN;
  binaryType = "blob";
  bufferedAmount = 0;
  readonly sent: (string | Uint8Array)[] = [];
  closedWith: number | undefined;
  readonly url: string;

  constructor(url = "") {
    super();
    this.url = url;
    FakeSocket.last = this;
  }

  send(data: string | Uint8Array): void {
    this.sent.push(data);
  }

  close(code = 1005): void {
    this.closedWith = code;
    this.readyState = FakeSocket.CLOSED;
  }

  receive(data: string | ArrayBuffer): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  say(message: ServerMessage): void {
    this.receive(JSON.stringify(message));
  }

  /** Two bytes of an answer's sound. */
  receiveSound(turn: number): void {
    const payload = new Uint8Array([0, 64]);
    this.receive(new Uint8Array(encodeFrame({ kind: "audio-out", turn, timestampMs: 0, payload })).buffer);
  }

  /** The JSON messages that were sent, of one type. */
  said(type: string): Record<string, unknown>[] {
    const messages = this.sent.flatMap((data) =>
      typeof data === "string" ? [JSON.parse(data) as Record<string, unknown>] : [],
    );
    return messages.filter((message) => message["type"] === type);
  }

  /** The line breaks. */
  break(): void {
    this.readyState = FakeSocket.CLOSED;
    this.dispatchEvent(Object.assign(new Event("close"), { code: 1006 }));
  }

  get sounds(): number[] {
    return this.sent.flatMap((data) => (typeof data === "string" ? [] : [decodeFrame(data).timestampMs]));
  }
}

export const ready: Extract<ServerMessage, { type: "ready" }> = {
  type: "ready",
  version: 1,
  session: "abc",
  resumed: false,
  output: { format: "pcm16", sampleRate: 24_000 },
  limits: { maxPayloadBytes: 1, maxTextLength: 1, idleTimeoutMs: 1, leadMs: 1 },
};
