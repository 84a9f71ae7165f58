import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { afterEach, expect, test } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";

import { ConversationClient } from "../../src/client/conversation-client.ts";
import { systemClock } from "../../src/clock.ts";
import { encodeFrame } from "../../src/server/frames.ts";
import type { AntiphonError } from "../../streaming/index.ts";

const READY = {
  type: "ready",
  version: 1,
  session: "s",
  resumed: false,
  output: { format: "pcm16", sampleRate: 16_000 },
  limits: { maxPayloadBytes: 1, maxTextLength: 1, idleTimeoutMs: 1, leadMs: 1 },
};

let server: WebSocketServer | undefined;
afterEach(() => {
  for (const socket of server?.clients ?? []) socket.terminate();
  server?.close();
});

/** A server that does to whoever connects what the test likes. */
async function serve(onConnection: (socket: WebSocket) => void): Promise<string> {
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", onConnection);
  await once(server, "listening");
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function open(url: string, onClose: (error: AntiphonError | undefined) => void = () => undefined) {
  return await ConversationClient.open({
    url,
    sampleRate: 16_000,
    clock: systemClock,
    signal: AbortSignal.timeout(30_000),
    onMessage: () => undefined,
    onClose,
  });
}

const failed = expect.objectContaining({ code: "connection-failed" }) as unknown;

test("an address that is none is refused with a code", async () => {
  await expect(open("nonsense")).rejects.toEqual(failed);
});

test("a server that says something else than ready ends the attempt, not the process", async () => {
  const url = await serve((socket) => {
    socket.send("<html>");
  });
  await expect(open(url)).rejects.toEqual(failed);
});

test("a message of a type that a later server may send is passed over, and the conversation goes on", async () => {
  const url = await serve((socket) => {
    socket.send(JSON.stringify({ type: "dance" }));
    for (const message of [READY, { type: "dance" }, { type: "pong", id: 7 }])
      socket.send(JSON.stringify(message));
  });
  const said: unknown[] = [];
  const client = await ConversationClient.open({
    url,
    sampleRate: 16_000,
    clock: systemClock,
    signal: AbortSignal.timeout(30_000),
    onMessage: (message) => said.push(message),
    onClose: () => undefined,
  });
  await expect.poll(() => said).toEqual([{ type: "pong", id: 7 }]);
  await client.close();
});

test.each([
  ["no JSON", "hello?"],
  ["half a message", JSON.stringify({ type: "answer-delta", turn: 1 })],
  ["a message without a type", JSON.stringify({ dance: true })],
  ["half a sample", encodeFrame({ kind: "audio-out", turn: 1, timestampMs: 0, payload: new Uint8Array(3) })],
  ["a frame that is none", Uint8Array.of(1, 2, 3)],
  ["two megabytes", "x".repeat(2 ** 21)],
])("%s from a server in mid-conversation ends the connection with a code", async (_, message) => {
  const url = await serve((socket) => {
    socket.send(JSON.stringify(READY));
    setTimeout(() => {
      socket.send(message);
    }, 20);
  });
  const closed = new Promise((resolve) => void open(url, resolve));
  expect(await closed).toEqual(failed);
});
