import type { AddressInfo } from "node:net";

import fastify, { type FastifyInstance } from "fastify";

import type { WorkerFigures } from "../../models/runtime/worker-host.ts";
import { AntiphonError, type Clock, type PictureTally, type SessionModels } from "../../streaming/index.ts";
import type { Config } from "../config.ts";
import { isAuthorizedOrByAddress } from "../dialects/authorization.ts";
import type { DialectHost } from "../dialects/dialect.ts";
import { DIALECTS } from "../dialects/index.ts";
import { listeningFailure } from "../listening-failure.ts";
import type { Logger } from "../logging.ts";
import { Conversations, type SessionSource } from "./conversations.ts";
import { Metrics } from "./metrics.ts";
import { isFromThisMachine, isOriginAllowed } from "./origins.ts";
import { servePage } from "./page.ts";
import { CONVERSATION_PATH } from "./protocol.ts";
import { readinessOf, type Readiness, type ServerAbout } from "./readiness.ts";
import { Sockets } from "./sockets.ts";
import { VoiceSocket } from "./voice-socket.ts";

export interface VoiceServerOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What it tells of its models, and of how far they are. */
  readonly about?: () => ServerAbout;
}

/** How often half requests are looked at; Node's own 30 s make its timeouts meaningless. */
const CONNECTIONS_CHECK_MS = 1000;

const NO_KEY = new AntiphonError(
  "unauthorized",
  "this server asks other machines for a key: open the page or connect with ?api_key=KEY",
);

/** HTTP and WebSocket around conversations. Listens before the models are there, so that a taken port shows at once. */
export class VoiceServer {
  readonly #options: VoiceServerOptions;
  readonly #app: FastifyInstance;
  readonly #sockets: Sockets;
  readonly #metrics = new Metrics();
  #conversations: Conversations | undefined;
  #models: SessionModels | undefined;
  #workers: () => readonly WorkerFigures[] = () => [];
  #pictures: PictureTally | undefined;

  private constructor(options: VoiceServerOptions) {
    this.#options = options;
    const { limits } = options.config;
    this.#app = fastify({
      logger: false,
      http: { headersTimeout: limits.helloTimeoutMs, connectionsCheckingInterval: CONNECTIONS_CHECK_MS },
      requestTimeout: limits.requestTimeoutMs,
      forceCloseConnections: true,
    });
    this.#app.server.maxConnections = limits.maxConnections;
    this.#sockets = new Sockets(({ headers }) => {
      const allowed = isOriginAllowed(headers, options.config);
      if (!allowed) options.logger.warn({ origin: headers.origin }, "origin refused");
      return allowed;
    });
    this.#addRoutes();
    this.#addDialects();
    this.#app.server.on("upgrade", (request, socket, head) => {
      this.#sockets.upgrade(request, socket, head);
    });
  }

  /** @throws AntiphonError `port-in-use`, `config-invalid` where this machine or user cannot have the address. */
  static async listen(options: VoiceServerOptions): Promise<VoiceServer> {
    const { host, port } = options.config;
    const server = new VoiceServer(options);
    try {
      await server.#app.listen({ host, port });
    } catch (cause) {
      await server.#app.close();
      throw listeningFailure(cause, { host, port }, { host: "--host", port: "--port" });
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
    this.#models = source.models;
    this.#workers = source.workers ?? this.#workers;
    this.#pictures = source.pictures;
  }

  /** Says goodbye to every client, then stops. Open connections are cut after a few seconds. */
  async close(): Promise<void> {
    await this.#conversations?.endAll();
    await this.#sockets.close();
    await this.#app.close();
  }

  get #authority(): string {
    const { address, family, port } = this.#app.server.address() as AddressInfo;
    return family === "IPv6" ? `[${address}]:${port}` : `${address}:${port}`;
  }

  #addRoutes(): void {
    this.#app.get("/health", () => ({ status: "alive" }));
    this.#app.get("/ready", async ({ headers }, reply) => {
      const { ready, body } = this.#readiness;
      // A page of another address looks before it connects.
      if (headers.origin !== undefined && isOriginAllowed(headers, this.#options.config))
        void reply.headers({ "access-control-allow-origin": headers.origin, vary: "origin" });
      return await reply.code(ready ? 200 : 503).send(body);
    });
    this.#app.get("/metrics", async (_request, reply) => {
      const figures = await this.#metrics.print(this.#workers(), this.#pictures);
      return await reply.type(this.#metrics.contentType).send(figures);
    });
    servePage(this.#app, { status: () => this.#readiness.body.status, url: () => this.url });
  }

  get #readiness(): Readiness {
    return readinessOf(this.#conversations && this.#workers(), this.#options.about?.());
  }

  #addDialects(): void {
    const host: DialectHost = {
      ...this.#options,
      app: this.#app,
      metrics: this.#metrics,
      conversations: () => this.#conversations,
      models: () => this.#models,
      acceptSockets: (path, options, handle) => {
        this.#sockets.accept(path, options, handle);
      },
    };
    const { apiKeys, limits } = this.#options.config;
    const { maxPayloadBytes } = limits;
    host.acceptSockets(CONVERSATION_PATH, { maxPayloadBytes }, (socket, request) => {
      const voice = new VoiceSocket(socket, host);
      if (!isFromThisMachine(request) && !isAuthorizedOrByAddress(request, apiKeys)) voice.release(NO_KEY);
    });
    for (const dialect of DIALECTS) dialect(host);
  }
}
