import { once } from "node:events";

import WebSocket from "ws";

import { floatsToPcm16 } from "../../audio/index.ts";

/** An event of OpenAI's Realtime interface, as it came. */
export interface RealtimeEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

const PIECE_SAMPLES = 480;

/** Sound as this interface takes it: 16-bit PCM at 24 kHz, in base64. */
export function asPcm24(samples: Float32Array): string {
  return Buffer.from(floatsToPcm16(samples)).toString("base64");
}

/** A client of the Realtime interface that sends whatever a test likes and keeps everything that comes back. */
export class RealtimeClient {
  readonly socket: WebSocket;
  readonly received: RealtimeEvent[] = [];
  closeCode: number | undefined;
  #wake: () => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer) => {
      this.received.push(JSON.parse(data.toString()) as RealtimeEvent);
      this.#wake();
    });
    socket.on("close", (code) => {
      this.closeCode = code;
      this.#wake();
    });
    socket.on("error", () => undefined);
  }

  /** @param url - of the server's own protocol. */
  static async connect(
    url: string,
    { headers = {}, query = "model=antiphon", protocols = [] as string[] } = {},
  ): Promise<RealtimeClient> {
    const socket = new WebSocket(new URL(`/v1/realtime?${query}`, url), protocols, { headers });
    const client = new RealtimeClient(socket);
    await once(socket, "open");
    return client;
  }

  send(type: string, fields: object = {}): void {
    this.socket.send(JSON.stringify({ type, ...fields }));
  }

  /** Settings of a session; resolves when they are in force. */
  async update(session: object): Promise<RealtimeEvent> {
    const seen = this.all("session.updated").length;
    this.send("session.update", { session: { type: "realtime", ...session } });
    return await this.nth("session.updated", seen);
  }

  /** Sends sound at 24 kHz in pieces of 20 ms, faster than it plays. */
  say(samples: Float32Array): void {
    for (let start = 0; start < samples.length; start += PIECE_SAMPLES)
      this.send("input_audio_buffer.append", {
        audio: asPcm24(samples.subarray(start, start + PIECE_SAMPLES)),
      });
  }

  /** Adds what a user writes to the conversation. */
  write(text: string): void {
    const content = [{ type: "input_text", text }];
    this.send("conversation.item.create", { item: { type: "message", role: "user", content } });
  }

  /** The first event of a type that fits, waiting for it if need be; fails once the connection is closed. */
  async next(type: string, fits: (event: RealtimeEvent) => boolean = () => true): Promise<RealtimeEvent> {
    for (;;) {
      const found = this.all(type).find(fits);
      if (found !== undefined) return found;
      await this.#wait(type);
    }
  }

  /** The event of a type that comes after this many. */
  async nth(type: string, index: number): Promise<RealtimeEvent> {
    for (;;) {
      const found = this.all(type)[index];
      if (found !== undefined) return found;
      await this.#wait(type);
    }
  }

  all(type: string): RealtimeEvent[] {
    return this.received.filter((event) => event.type === type);
  }

  /** Types in the order in which they came, each run of one type once. */
  get types(): string[] {
    return this.received.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1]);
  }

  async closed(): Promise<number> {
    while (this.closeCode === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.closeCode;
  }

  async #wait(type: string): Promise<void> {
    if (this.closeCode !== undefined) {
      const types = this.received.map((event) => JSON.stringify(event).slice(0, 300)).slice(-40);
      throw new Error(`closed with ${this.closeCode} before ${type}; got ${types.join("\n")}`);
    }
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

/** What a response outside of the conversation is asked for with. */
export const ASIDE = { conversation: "none", output_modalities: ["text"] } as const;

/** The response that an event tells of. */
export function responseOf(event: RealtimeEvent): { status: string; output: unknown[] } {
  return event["response"] as { status: string; output: unknown[] };
}
