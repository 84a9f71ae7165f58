import type { WebSocket } from "ws";
import { describe, expect, test } from "vitest";

import { Outbox } from "../../../../src/dialects/realtime/outbox.ts";
import { Metrics } from "../../../../src/server/metrics.ts";

describe("what a client leaves unread", () => {
  function outbox(socket: object): Outbox {
    const clock = { nowMs: () => 0, sleep: () => new Promise<void>(() => undefined) };
    const options = { clock, metrics: new Metrics(), maxBufferedBytes: 1000, isBeta: false };
    return new Outbox(socket as WebSocket, options);
  }

  test("ends its connection before it fills the memory, though no time has passed", () => {
    const socket = {
      OPEN: 1,
      readyState: 1,
      bufferedAmount: 0,
      send: (json: string) => (socket.bufferedAmount += json.length),
      terminate: () => (socket.readyState = 2),
    };
    const box = outbox(socket);
    const session = { instructions: "x".repeat(2 ** 20) };
    for (let index = 0; index < 100; index++) box.send({ type: "session.updated", session });
    expect(socket.readyState).toBe(2);
    expect(socket.bufferedAmount).toBeLessThan(10 * 2 ** 20);
  });

  test("may be a few megabytes: words are not lost to who reads slowly", () => {
    const sent: string[] = [];
    const socket = {
      OPEN: 1,
      readyState: 1,
      bufferedAmount: 7 * 2 ** 20,
      send: (json: string) => sent.push(json),
      terminate: () => (socket.readyState = 2),
    };
    outbox(socket).send({ type: "session.updated" });
    expect([sent.length, socket.readyState]).toEqual([1, 1]);
  });
});
