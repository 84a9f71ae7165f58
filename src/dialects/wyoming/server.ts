import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

import { listeningFailure } from "../../listening-failure.ts";
import { WyomingConnection, type WyomingContext } from "./connection.ts";
import { ConversationNames } from "./conversing.ts";

/** A home opens one for each request; each may hold half a minute of sound. */
const MOST_CONNECTIONS = 32;

/** The protocol of Home Assistant's voice services on a TCP port of its own. */
export class WyomingServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(context: WyomingContext) {
    const names = new ConversationNames();
    // A client that has said all may still wait for the answer.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      void new WyomingConnection(socket, context, names).serve();
    });
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** @throws AntiphonError `port-in-use`, `config-invalid` where this machine or user cannot have the address. */
  static async listen(
    address: { host: string; port: number },
    context: WyomingContext,
  ): Promise<WyomingServer> {
    const server = new WyomingServer(context);
    server.#server.listen(address);
    try {
      await once(server.#server, "listening");
    } catch (cause) {
      throw listeningFailure(cause, address, { host: "wyoming.host", port: "wyoming.port" });
    }
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts all connections. */
  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
