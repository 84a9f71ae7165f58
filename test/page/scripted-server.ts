import { once } from "node:events";
import type { AddressInfo } from "node:net";

import fastify, { type FastifyInstance } from "fastify";
import { type WebSocket, WebSocketServer } from "ws";

import { servePage } from "../../src/server/page.ts";
import { CONVERSATION_PATH, parseClientMessage, type ServerMessage } from "../../src/server/protocol.ts";

const READY: ServerMessage = {
  type: "ready",
  version: 1,
  session: "scripted",
  resumed: false,
  output: { format: "pcm16", sampleRate: 24_000 },
  limits: { maxPayloadBytes: 65_536, maxTextLength: 2000, idleTimeoutMs: 60_000, leadMs: 600 },
};

/** A server of the real page whose conversation says what the test tells it to, true or not. */
export class ScriptedServer {
  readonly #app: FastifyInstance;
  readonly #sockets: WebSocketServer;
  /** `decent` greets and answers pings, `silent` says nothing at all, `babbling` nothing that makes sense. */
  manner: "decent" | "silent" | "babbling" = "decent";
  /** How often somebody has said hello. */
  greetings = 0;
  /** All that was typed. */
  readonly texts: string[] = [];

  private constructor(app: FastifyInstance) {
    this.#app = app;
    this.#sockets = new WebSocketServer({ server: app.server, path: CONVERSATION_PATH });
    this.#sockets.on("connection", (socket) => {
      socket.on("message", (data: Buffer, isBinary) => {
        if (!isBinary) this.#hear(socket, data.toString());
      });
    });
  }

  /** @param port - 0 takes any free one. */
  static async start(port = 0): Promise<ScriptedServer> {
    const app = fastify();
    servePage(app, { status: () => "ready", url: () => "" });
    app.get("/ready", () => ({ status: "ready" }));
    const server = new ScriptedServer(app);
    await app.listen({ port, host: "127.0.0.1" });
    return server;
  }

  get port(): number {
    return (this.#app.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  say(message: ServerMessage): void {
    this.sendRaw(JSON.stringify(message));
  }

  /** Whatever it is, to everybody who is connected. */
  sendRaw(data: string | Uint8Array): void {
    for (const socket of this.#sockets.clients) socket.send(data);
  }

  /** Ends without a goodbye. */
  async vanish(): Promise<void> {
    const over = once(this.#app.server, "close");
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#app.server.closeAllConnections();
    this.#app.server.close();
    await over;
  }

  #hear(socket: WebSocket, json: string): void {
    const message = parseClientMessage(json);
    if (message.type === "hello") this.greetings += 1;
    if (message.type === "text") this.texts.push(message.text);
    if (this.manner === "babbling") {
      for (const nonsense of ["\u0000{", "[]", '{"type":"ready"}', new Uint8Array(3)]) socket.send(nonsense);
    }
    if (this.manner !== "decent") return;
    if (message.type === "hello") socket.send(JSON.stringify(READY));
    if (message.type === "ping") socket.send(JSON.stringify({ type: "pong", id: message.id }));
  }
}
