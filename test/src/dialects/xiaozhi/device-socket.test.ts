import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";

import { afterEach, describe, expect, test, vi } from "vitest";
import type { WebSocket } from "ws";

import { openOpusEncoder } from "../../../../audio/opus.ts";
import { systemClock } from "../../../../src/clock.ts";
import { DeviceSocket } from "../../../../src/dialects/xiaozhi/device-socket.ts";
import { DeviceStore } from "../../../../src/dialects/xiaozhi/device-store.ts";
import { DeviceTokens } from "../../../../src/dialects/xiaozhi/tokens.ts";
import { VisionDesk } from "../../../../src/dialects/xiaozhi/vision.ts";
import { createLogger } from "../../../../src/logging.ts";
import { Conversations } from "../../../../src/server/conversations.ts";
import { Metrics } from "../../../../src/server/metrics.ts";
import { haveOpus } from "../../../support/opus.ts";
import { ScriptedSession } from "../../../support/scripted-session.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";
import { testConfig } from "../../../support/voice-server.ts";

const DEVICE_ID = "24:0a:c4:00:00:01";
const HELLO = { type: "hello", version: 1, transport: "websocket", audio_params: { format: "opus" } };

/** A board that is out of reach: it does not even answer a close. */
class DeadBoard extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  readonly bufferedAmount = 0;
  readonly told: string[] = [];
  readonly closed: unknown[] = [];

  say(message: object): void {
    this.emit("message", Buffer.from(JSON.stringify(message)), false);
  }

  send(data: string | Uint8Array): void {
    if (typeof data === "string") this.told.push((JSON.parse(data) as { type: string }).type);
  }

  close(...reason: unknown[]): void {
    this.readyState = 2;
    this.closed.push(...reason);
  }
}

/** What one board's socket needs of a server, over one scripted conversation. */
async function setUp() {
  const config = testConfig();
  const logger = createLogger("silent");
  const metrics = new Metrics();
  const session = new ScriptedSession();
  const source = { openSession: () => session, voiceSampleRate: 22_050 };
  const conversations = new Conversations(source, config, metrics, logger);
  const store = new DeviceStore(await temporaryFolder());
  const context = {
    conversations: () => conversations,
    config,
    clock: systemClock,
    logger,
    metrics,
    store,
    tokens: async () => new DeviceTokens(await store.secret(), store),
    vision: new VisionDesk(systemClock),
    lastConversations: new Map<string, string>(),
  };
  return { context, conversations, session };
}

describe.skipIf(!haveOpus)(
  "a board whose conversation another connection takes over (no Opus: skipped)",
  () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    test("is silent from then on, also where it does not hear that it is over", async () => {
      const { context, conversations, session } = await setUp();
      const board = new DeadBoard();
      const headers = { "device-id": DEVICE_ID, host: "127.0.0.1:8787" };
      const request = { headers, url: "/xiaozhi/v1/" } as unknown as IncomingMessage;
      new DeviceSocket(board as unknown as WebSocket, request, context);
      board.say(HELLO);
      await expect.poll(() => board.told).toContain("hello");
      const encoder = await openOpusEncoder(16_000, 60);
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setImmediate", "clearImmediate"] });
      board.say({ type: "listen", state: "start", mode: "auto" });
      board.emit("message", Buffer.from(encoder.encode(new Float32Array(960))), true);
      const heard = (): number => session.inputs.filter(({ type }) => type === "audio").length;
      await vi.advanceTimersByTimeAsync(500);
      // What it does not send is filled in, since it is silence.
      expect(heard()).toBeGreaterThan(1);

      const { conversation } = conversations.enter(context.lastConversations.get(DEVICE_ID));
      conversation.attach({ deliver: () => undefined, release: () => undefined });
      const before = heard();
      await vi.advanceTimersByTimeAsync(5000);
      expect(heard()).toBe(before);
      expect(board.closed).toEqual([1008, "connection-failed"]);
      board.emit("close");
      vi.useRealTimers();
      await conversations.endAll();
    });
  },
);
