import type { IncomingMessage } from "node:http";
import { type AddressInfo, isIP } from "node:net";
import type { Duplex } from "node:stream";

import fastify, { type FastifyInstance } from "fastify";
import { type WebSocket, WebSocketServer } from "ws";

import type { WorkerFigures } from "../../models/runtime/worker-host.ts";
import { AntiphonError, type Clock } from "../../streaming/index.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../logging.ts";
import { CLOSE } from "./close-codes.ts";
import { Conversations, type SessionSource } from "./conversations.ts";
import { Metrics } from "./metrics.ts";
import { page } from "./page.ts";
import { CONVERSATION_PATH } from "./protocol.ts";
import { readinessOf, type Readiness } from "./readiness.ts";
import { VoiceSocket } from "./voice-socket.ts";

export interface VoiceServerOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long clients have to answer a close before their sockets are cut. */
const CLOSE_TIMEOUT_MS = 3000;

/** How often half requests are looked at; Node's own 30 s make its timeouts meaningless. */
const CONNECTIONS_CHECK_MS = 1000;

/** HTTP and WebSocket around conversations. Listens before the models are there, so that a taken port shows at once. */
export class VoiceServer {
  readonly #options: VoiceServerOptions;
  readonly #app: FastifyInstance;
  readonly #sockets: WebSocketServer;
  readonly #metrics = new Metrics();
  #conversations: Conversations | undefined;
  #workers: () => readonly WorkerFigures[] = () => [];

  private constructor(options: VoiceServerOptions) {
    this.#options = options;
    const { limits } = options.config;
    this.#app = fastify({
      logger: false,
      http: { headersTimeout: limits.helloTimeoutMs, connectionsCheckingInterval: CONNECTIONS_CHECK_MS },
      forceCloseConnections: true,
    });
    this.#app.server.maxConnections = limits.maxConnections;
    const socketOptions = {
      noServer: true,
      maxPayload: limits.maxPayloadBytes,
      maxFragments: 64,
      maxBufferedChunks: 4096,
      autoPong: false, // pings count like messages
      perMessageDeflate: false,
      closeTimeout: CLOSE_TIMEOUT_MS, // its type is missing from the library's declarations
    };
    this.#sockets = new WebSocketServer(socketOptions);
    this.#addRoutes();
    this.#app.server.on("upgrade", (request, socket, head) => {
      this.#upgrade(request, socket, head);
    });
  }

  /** @throws AntiphonError `port-in-use`. */
  static async listen(options: VoiceServerOptions): Promise<VoiceServer> {
    const { host, port } = options.config;
    const server = new VoiceServer(options);
    try {
      await server.#app.listen({ host, port });
    } catch (cause) {
      await server.#app.close();
      if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") throw cause;
      const mend = "stop what runs there or choose another with --port (0 takes any free one)";
      throw new AntiphonError("port-in-use", `port ${port} of ${host} is taken: ${mend}`, { cause });
    }
    return server;
  }

  /** Where clients connect. */
  get url(): string {
    return `ws://${this.#authority}${CONVERSATION_PATH}`;
  }

  /** Where people look. */
  get pageUrl(): string {
    return `http://${this.#authority}/`;
  }

  /** From now on conversations can begin. */
  open(source: SessionSource): void {
    const { config, logger } = this.#options;
    this.#conversations = new Conversations(source, config, this.#metrics, logger);
    this.#workers = source.workers ?? this.#workers;
  }

  /** Says goodbye to every client, then stops. Open connections are cut after a few seconds. */
  async close(): Promise<void> {
    await this.#conversations?.endAll();
    for (const socket of this.#sockets.clients) socket.close(CLOSE.goingAway, "shutting-down");
    await this.#waitForClients();
    await this.#app.close();
  }

  get #authority(): string {
    const { address, family, port } = this.#app.server.address() as AddressInfo;
    return family === "IPv6" ? `[${address}]:${port}` : `${address}:${port}`;
  }

  async #waitForClients(): Promise<void> {
    const open = [...this.#sockets.clients];
    await Promise.all(
      open.map(async (socket) => {
        if (socket.readyState === socket.CLOSED) return;
        await new Promise<void>((resolve) => {
          const cut = setTimeout(() => {
            socket.terminate();
          }, CLOSE_TIMEOUT_MS);
          socket.once("close", () => {
            clearTimeout(cut);
            resolve();
          });
        });
      }),
    );
  }

  #addRoutes(): void {
    this.#app.get("/health", () => ({ status: "alive" }));
    this.#app.get("/ready", async (_request, reply) => {
      const { ready, body } = this.#readiness;
      return await reply.code(ready ? 200 : 503).send(body);
    });
    this.#app.get("/metrics", async (_request, reply) => {
      return await reply.type(this.#metrics.contentType).send(await this.#metrics.print(this.#workers()));
    });
    this.#app.get("/", async (_request, reply) => {
      return await reply.type("text/html").send(page(this.#readiness.body.status, this.url));
    });
  }

  get #readiness(): Readiness {
    return readinessOf(this.#conversations && this.#workers());
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refuse = (status: string): void => {
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    };
    socket.on("error", () => {
      socket.destroy();
    });
    if (request.url?.split("?")[0] !== CONVERSATION_PATH) {
      refuse("404 Not Found");
    } else if (!this.#originAllowed(request)) {
      this.#options.logger.warn({ origin: request.headers.origin }, "origin refused");
      refuse("403 Forbidden");
    } else {
      this.#sockets.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
        new VoiceSocket(webSocket, {
          ...this.#options,
          conversations: () => this.#conversations,
          metrics: this.#metrics,
        });
      });
    }
  }

  /** Programs send no origin; a page must come from this server or be named in the configuration. */
  #originAllowed({ headers }: IncomingMessage): boolean {
    const { origin, host } = headers;
    if (origin === undefined) return true;
    const { allowedOrigins, host: ownHost } = this.#options.config;
    if (allowedOrigins.includes(origin)) return true;
    return host !== undefined && origin === `http://${host}` && isOwnName(host, ownHost);
  }
}

/**
 * Whether a Host header names this machine by itself: an address, localhost, or the name it was told to listen on. A
 * foreign name that merely resolves to here (DNS rebinding) is somebody else's page.
 */
function isOwnName(hostHeader: string, ownHost: string): boolean {
  const url = `http://${hostHeader}`;
  if (!URL.canParse(url)) return false;
  const name = new URL(url).hostname.replace(/^\[|\]$/g, "");
  return isIP(name) !== 0 || name === "localhost" || name === ownHost;
}
