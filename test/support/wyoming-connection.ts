import { once } from "node:events";
import { connect, type Socket } from "node:net";

import { EventReader, type WyomingEvent } from "../../src/dialects/wyoming/events.ts";

export interface Connection {
  readonly socket: Socket;
  readonly received: WyomingEvent[];
  readonly closed: Promise<unknown>;
}

/** A connection whose bytes a test writes itself. */
export async function openConnection(port: number): Promise<Connection> {
  const socket = connect(port, "127.0.0.1");
  const reader = new EventReader();
  const received: WyomingEvent[] = [];
  socket.on("data", (bytes) => received.push(...reader.push(bytes)));
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await once(socket, "connect");
  return { socket, received, closed };
}
