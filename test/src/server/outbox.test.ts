import type { WebSocket } from "ws";
import { beforeEach, expect, test } from "vitest";

import { Metrics } from "../../../src/server/metrics.ts";
import { Outbox } from "../../../src/server/outbox.ts";
import { ManualClock } from "../../support/manual-clock.ts";

/** A socket whose peer reads only when told to. */
class FakeSocket {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  terminated = false;
  readonly sent: (string | Uint8Array)[] = [];

  send(data: string | Uint8Array): void {
    this.sent.push(data);
    this.bufferedAmount += data.length;
  }

  terminate(): void {
    this.terminated = true;
  }
}

const AUDIO = { timestampMs: 0, payload: new Uint8Array(600) };
let socket: FakeSocket;
let clock: ManualClock;
let metrics: Metrics;
let outbox: Outbox;

beforeEach(() => {
  socket = new FakeSocket();
  clock = new ManualClock();
  metrics = new Metrics();
  outbox = new Outbox(socket as unknown as WebSocket, { clock, metrics, maxBufferedBytes: 5000 });
});

test("a client that stops reading gets no more sound, but every word, and memory stays bounded", async () => {
  for (let frame = 0; frame < 100; frame++) outbox.sendAudio(1, AUDIO);
  expect(socket.bufferedAmount).toBeLessThanOrEqual(5000 + 612);
  outbox.sendMessage({ type: "turn-dropped", turn: 1 });
  expect(socket.sent.at(-1)).toBe('{"type":"turn-dropped","turn":1}');
  const dropped = 100 - (socket.sent.length - 1);
  expect(await metrics.print()).toContain(`antiphon_dropped_audio_frames_total ${dropped}`);
});

test("a client that reads again is heard again, and is cut only when it stalls for long at a time", () => {
  socket.bufferedAmount = 6000;
  outbox.sendAudio(1, AUDIO);
  clock.advance(9000);
  socket.bufferedAmount = 0;
  outbox.sendAudio(1, AUDIO);
  expect(socket.sent).toHaveLength(1);
  socket.bufferedAmount = 6000;
  outbox.sendAudio(1, AUDIO);
  clock.advance(9000);
  outbox.sendAudio(1, AUDIO);
  expect(socket.terminated).toBe(false);
  clock.advance(2000);
  outbox.sendMessage({ type: "turn-dropped", turn: 1 });
  expect(socket.terminated).toBe(true);
});

test("nothing is sent into a socket that is closing", () => {
  socket.readyState = 2;
  outbox.sendAudio(1, AUDIO);
  outbox.sendMessage({ type: "turn-dropped", turn: 1 });
  expect(socket.sent).toEqual([]);
});
