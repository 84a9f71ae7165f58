import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

import { type WebSocket, WebSocketServer } from "ws";

import type { SocketOptions } from "../dialects/dialect.ts";
import { CLOSE } from "./close-codes.ts";

/** How long clients have to answer a close before their sockets are cut. */
const CLOSE_TIMEOUT_MS = 3000;

interface Endpoint {
  readonly server: WebSocketServer;
  readonly handle: (socket: WebSocket, request: IncomingMessage) => void;
}

/** The WebSockets of a server, by path. */
export class Sockets {
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #isAllowed: (request: IncomingMessage) => boolean;

  /** `isAllowed` judges where a request comes from. */
  constructor(isAllowed: (request: IncomingMessage) => boolean) {
    this.#isAllowed = isAllowed;
  }

  /** Has `handle` called for each socket that is opened at `path`. */
  accept(
    path: string,
    { maxPayloadBytes, chooseSubprotocol }: SocketOptions,
    handle: Endpoint["handle"],
  ): void {
    const options = {
      noServer: true,
      maxPayload: maxPayloadBytes,
      maxFragments: 64,
      maxBufferedChunks: 4096,
      autoPong: false, // pings count like messages
      perMessageDeflate: false,
      closeTimeout: CLOSE_TIMEOUT_MS, // its type is missing from the library's declarations
      handleProtocols: (offered: Set<string>) => chooseSubprotocol?.(offered) ?? (false as const),
    };
    this.#endpoints.set(path, { server: new WebSocketServer(options), handle });
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refuse = (status: string): void => {
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    };
    socket.on("error", () => {
      socket.destroy();
    });
    const endpoint = this.#endpoints.get(request.url?.split("?")[0] ?? "");
    if (endpoint === undefined) refuse("404 Not Found");
    else if (!this.#isAllowed(request)) refuse("403 Forbidden");
    else {
      endpoint.server.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
        endpoint.handle(webSocket, request);
      });
    }
  }

  /** Says goodbye to everybody and waits until they are gone; who lingers is cut off. */
  async close(): Promise<void> {
    const open = [...this.#endpoints.values()].flatMap(({ server }) => [...server.clients]);
    await Promise.all(
      open.map(async (socket) => {
        socket.close(CLOSE.goingAway, "shutting-down");
        await closed(socket);
      }),
    );
  }
}

async function closed(socket: WebSocket): Promise<void> {
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
}
