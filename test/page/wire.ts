import type { Page } from "playwright-core";

import {
  type ClientMessage,
  parseClientMessage,
  parseServerMessage,
  type ServerMessage,
} from "../../src/server/protocol.ts";

/** The messages of a page's conversations, both ways, from now on. */
export class Wire {
  readonly sent: ClientMessage[] = [];
  readonly received: ServerMessage[] = [];

  constructor(page: Page) {
    page.on("websocket", (socket) => {
      socket.on("framesent", ({ payload }) => {
        if (typeof payload === "string") this.sent.push(parseClientMessage(payload));
      });
      socket.on("framereceived", ({ payload }) => {
        if (typeof payload === "string") this.received.push(parseServerMessage(payload));
      });
    });
  }

  /** All that the client said of one kind. */
  said<Type extends ClientMessage["type"]>(type: Type): Extract<ClientMessage, { readonly type: Type }>[] {
    return this.sent.filter((message) => message.type === type) as Extract<ClientMessage, { type: Type }>[];
  }

  /** All that the server said of one kind. */
  heard<Type extends ServerMessage["type"]>(type: Type): Extract<ServerMessage, { readonly type: Type }>[] {
    return this.received.filter((message) => message.type === type) as Extract<
      ServerMessage,
      { type: Type }
    >[];
  }
}
