import type { IncomingMessage } from "node:http";

import type { FastifyInstance } from "fastify";
import type { WebSocket } from "ws";

import type { Clock, SessionModels } from "../../streaming/index.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../logging.ts";
import type { Conversations } from "../server/conversations.ts";
import type { Metrics } from "../server/metrics.ts";

export interface SocketOptions {
  /** Largest message; a larger one closes the connection before it is buffered. */
  readonly maxPayloadBytes: number;
  /** Of those that the client offers; without it none is taken. */
  readonly chooseSubprotocol?: (offered: ReadonlySet<string>) => string | undefined;
}

/** What a way of talking to this server gets of it. Models are there once they are loaded, routes before that. */
export interface DialectHost {
  readonly app: FastifyInstance;
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Undefined until the models are loaded. */
  readonly conversations: () => Conversations | undefined;
  readonly models: () => SessionModels | undefined;
  /** Has `handle` called for each WebSocket that is opened at `path`, without its query. */
  readonly acceptSockets: (
    path: string,
    options: SocketOptions,
    handle: (socket: WebSocket, request: IncomingMessage) => void,
  ) => void;
}

/**
 * A way in which others already talk, over the same conversations: it translates messages and formats, and knows nothing of
 * turns. Adds its routes and sockets to the host.
 */
export type Dialect = (host: DialectHost) => void;
