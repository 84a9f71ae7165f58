import { once } from "node:events";
import { connect } from "node:net";

import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";

import { haveOpus } from "../support/opus.ts";
import { BoardServer } from "../support/xiaozhi-server.ts";

const HELLO = { type: "hello", version: 1, transport: "websocket", features: { mcp: true } };

let there: BoardServer;
let number = 0;

beforeAll(async () => {
  there = await BoardServer.start({
    config: { limits: { helloTimeoutMs: 1500, maxSessions: 64, resumeMs: 100, maxPayloadBytes: 65_536 } },
  });
});
afterAll(async () => {
  await there.close();
});

interface Raw {
  readonly socket: WebSocket;
  readonly texts: string[];
  readonly closed: Promise<number>;
}

async function open(headers: Record<string, string> = {}): Promise<Raw> {
  const device = { "Device-Id": `00:00:00:00:00:${number++}` };
  const socket = new WebSocket(there.socketUrl, { headers: { ...device, ...headers } });
  const texts: string[] = [];
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    if (!isBinary) texts.push(data.toString());
  });
  socket.on("error", () => undefined);
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await once(socket, "open");
  return { socket, texts, closed };
}

async function greeted(headers?: Record<string, string>): Promise<Raw> {
  const raw = await open(headers);
  raw.socket.send(JSON.stringify(HELLO));
  await expect.poll(() => raw.texts.some((text) => text.includes('"hello"'))).toBe(true);
  return raw;
}

async function expectAlive(): Promise<void> {
  const board = await there.board({ deviceId: `alive-${number++}` });
  board.detect("Are you there?");
  await board.ttsState("stop");
  board.close();
}

describe.skipIf(!haveOpus)("boards that are wrong (skipped where the Opus addon is missing)", () => {
  test("say nothing, something else than hello, or sound: they are told on their screens, and closed", async () => {
    const silent = await open();
    expect(await silent.closed).toBe(1008);
    expect(silent.texts.join()).toContain("hello-timeout");
    for (const first of [JSON.stringify({ type: "abort" }), "{", "", Buffer.from([1, 2, 3])]) {
      const { socket, closed, texts } = await open();
      socket.send(first);
      expect(await closed).toBe(1008);
      expect(texts).toHaveLength(1);
      expect(JSON.parse(texts[0]!)).toMatchObject({
        type: "alert",
        status: "message-invalid",
        message: expect.any(String) as string,
        emotion: "sad",
      });
    }
  });

  test.each([
    ["a version that is not spoken here", { ...HELLO, version: 4 }, {}, "protocol-version"],
    ["the same in the header", HELLO, { "Protocol-Version": "9" }, "protocol-version"],
    ["another transport", { ...HELLO, transport: "udp" }, {}, "message-invalid"],
    ["another codec", { ...HELLO, audio_params: { format: "mp3" } }, {}, "message-invalid"],
    ["a name that is a path", HELLO, { "Device-Id": "../../etc/passwd" }, "message-invalid"],
  ])("want %s", async (_, hello, headers, code) => {
    const { socket, closed, texts } = await open(headers);
    socket.send(JSON.stringify(hello));
    expect(await closed).toBe(1008);
    expect(texts.join()).toContain(code);
  });

  test("may be wrong twice: the third time ends the connection", async () => {
    const { socket, closed, texts } = await greeted();
    for (const wrong of ["{", JSON.stringify(HELLO), JSON.stringify({ type: "listen", state: "asleep" })])
      socket.send(wrong);
    expect(await closed).toBe(1008);
    const told = texts.map((text) => JSON.parse(text) as { type: string; code?: string });
    expect(told.filter(({ type }) => type === "error")).toMatchObject([
      { code: "message-invalid" },
      { code: "message-invalid" },
    ]);
    expect(told.at(-1)).toMatchObject({ type: "alert", status: "message-invalid" });
  });

  test("send more than anybody would say", async () => {
    const { socket, closed } = await greeted();
    socket.send(new Uint8Array(70_000));
    expect(await closed).toBe(1009);
    const flood = await greeted();
    flood.socket.send(JSON.stringify({ type: "listen", state: "start", mode: "auto" }));
    for (let index = 0; index < 4000; index++) flood.socket.send(Uint8Array.of(index & 255, 1, 2));
    await expect.poll(() => flood.texts.some((text) => text.includes("rate-exceeded"))).toBe(true);
    await expectAlive();
    flood.socket.close();
  });

  test("send pictures without end, or byte by byte", async () => {
    const board = await there.board({ deviceId: "slow" });
    await expect.poll(() => board.vision?.url).toBeDefined();
    const { hostname, port } = new URL(there.origin);
    const socket = connect(Number(port), hostname);
    socket.on("error", () => undefined);
    socket.write(
      `POST /xiaozhi/vision/explain HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${board.vision!.token}\r\n` +
        "Content-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n--x\r\r\n",
    );
    const over = once(socket, "close");
    socket.resume(); // who does not read does not notice the end
    await expectAlive();
    socket.end();
    await over;
    for (const body of [
      "",
      "--x",
      "--x\r\n\r\n",
      `--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n`,
    ]) {
      const headers = {
        Authorization: `Bearer ${board.vision!.token}`,
        "Content-Type": "multipart/form-data; boundary=x",
      };
      const { status } = await fetch(board.vision!.url, { method: "POST", headers, body });
      expect([400, 429]).toContain(status);
    }
    board.close();
  });

  test("say anything in any order, also after they hung up: the server talks to others as before", async () => {
    const message = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc
        .record(
          {
            type: fc.constantFrom("hello", "listen", "abort", "mcp", "iot", "tts"),
            state: fc.constantFrom("start", "stop", "detect", "x"),
            mode: fc.constantFrom("auto", "manual", "realtime", 1),
            text: fc.oneof(fc.string(), fc.integer()),
            reason: fc.string(),
            payload: fc.jsonValue(),
          },
          { requiredKeys: ["type"] },
        )
        .map((value) => JSON.stringify(value)),
      fc.json(),
      fc.constant("close" as const),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 20 }),
        fc.constantFrom("1", "2", "3"),
        async (messages, version) => {
          const { socket, closed } = await greeted({ "Protocol-Version": version });
          for (const next of messages) {
            if (next === "close") socket.close();
            else if (socket.readyState === socket.OPEN) socket.send(next);
          }
          await new Promise((resolve) => setTimeout(resolve, 20));
          socket.terminate();
          await closed;
        },
      ),
      { numRuns: 25 },
    );
    await expectAlive();
  });
});
