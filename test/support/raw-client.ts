import { once } from "node:events";

import WebSocket from "ws";

import { decodeFrame, type BinaryFrame } from "../../src/server/frames.ts";
import { parseServerMessage, type ServerMessage } from "../../src/server/protocol.ts";

export type Received = ServerMessage | (BinaryFrame & { readonly type: "frame" });

const PCM_16K = { format: "pcm16", sampleRate: 16_000 } as const;
export const HELLO = { type: "hello", version: 1, input: PCM_16K, output: PCM_16K } as const;

/** A client that sends whatever a test likes and keeps everything that comes back. */
export class RawClient {
  readonly socket: WebSocket;
  readonly received: Received[] = [];
  closeCode: number | undefined;
  #wake: () => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      this.received.push(
        isBinary ? { ...decodeFrame(data), type: "frame" } : parseServerMessage(data.toString()),
      );
      this.#wake();
    });
    socket.on("close", (code) => {
      this.closeCode = code;
      this.#wake();
    });
    socket.on("error", () => undefined);
  }

  static async connect(url: string, headers: Record<string, string> = {}): Promise<RawClient> {
    const socket = new WebSocket(url, { headers });
    const client = new RawClient(socket);
    await once(socket, "open");
    return client;
  }

  /** Connects and says hello. */
  static async talk(url: string, hello: object = HELLO): Promise<RawClient> {
    const client = await RawClient.connect(url);
    client.send(hello);
    await client.next("ready");
    return client;
  }

  send(message: object | string | Uint8Array): void {
    const raw = typeof message === "string" || message instanceof Uint8Array;
    this.socket.send(raw ? message : JSON.stringify(message));
  }

  /** The first message of a type that fits, waiting for it if need be; fails once the connection is closed. */
  async next<Type extends Received["type"]>(
    type: Type,
    fits: (message: Extract<Received, { type: Type }>) => boolean = () => true,
  ): Promise<Extract<Received, { type: Type }>> {
    for (;;) {
      const found = this.all(type).find(fits);
      if (found !== undefined) return found;
      if (this.closeCode !== undefined) {
        throw new Error(`closed with ${this.closeCode} before ${type}; got ${JSON.stringify(this.received)}`);
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  all<Type extends Received["type"]>(type: Type): Extract<Received, { type: Type }>[] {
    return this.received.filter(
      (message): message is Extract<Received, { type: Type }> => message.type === type,
    );
  }

  async closed(): Promise<number> {
    while (this.closeCode === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.closeCode;
  }
}
