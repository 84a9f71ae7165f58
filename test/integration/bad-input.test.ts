import { afterEach, describe, expect, test, vi } from "vitest";

import { floatsToPcm16 } from "../../audio/index.ts";
import { tone } from "../../models/fakes/index.ts";
import type { VoiceServer } from "../../src/server/app.ts";
import { OutgoingAudio } from "../../src/server/audio-codec.ts";
import { encodeFrame } from "../../src/server/frames.ts";
import { haveOpus } from "../support/opus.ts";
import { HELLO, RawClient } from "../support/raw-client.ts";
import { ScriptedSession } from "../support/scripted-session.ts";
import { startServer } from "../support/voice-server.ts";

let server: VoiceServer | undefined;
let sessions: ScriptedSession[] = [];

async function start(limits: Readonly<Record<string, unknown>> = {}): Promise<VoiceServer> {
  sessions = [];
  server = await startServer(
    () => {
      const session = new ScriptedSession(100);
      sessions.push(session);
      return session;
    },
    { limits },
  );
  return server;
}

afterEach(async () => {
  vi.restoreAllMocks();
  await server?.close();
});

function audioIn(payload: Uint8Array): Uint8Array {
  return encodeFrame({ kind: "audio-in", turn: 0, timestampMs: 0, payload });
}

/** The conversation still works: a question gets its answer. */
async function expectAlive(client: RawClient): Promise<void> {
  client.send({ type: "text", text: "are you there" });
  expect((await client.next("answer-end")).outcome).toBe("completed");
}

describe("before the conversation", () => {
  test("nothing said: closed with 1008, and no conversation was opened", async () => {
    const { url } = await start({ helloTimeoutMs: 100 });
    const client = await RawClient.connect(url);
    expect(await client.closed()).toBe(1008);
    expect(client.all("error")).toMatchObject([{ code: "hello-timeout", fatal: true }]);
    expect(sessions).toEqual([]);
  });

  test.each([
    ["sound before hello", audioIn(new Uint8Array(640)), "frame-invalid"],
    ["text before hello", { type: "text", text: "hi" }, "message-invalid"],
    ["another version", { ...HELLO, version: 2 }, "protocol-version"],
    ["a wrong format", { ...HELLO, input: { format: "mp3" } }, "message-invalid"],
    ["no JSON", "hello?", "message-invalid"],
    ["an unknown message", { type: "authenticate" }, "message-unknown"],
  ])("%s: closed with 1008, without a second chance", async (_, message, code) => {
    const { url } = await start();
    const client = await RawClient.connect(url);
    client.send(message);
    expect(await client.closed()).toBe(1008);
    expect(client.all("error")).toMatchObject([{ code, fatal: true }]);
    expect(sessions).toEqual([]);
  });

  test("one conversation too many is told to come back later, and those that are there go on", async () => {
    const { url } = await start({ maxSessions: 1 });
    const first = await RawClient.talk(url);
    const second = await RawClient.connect(url);
    second.send(HELLO);
    expect(await second.closed()).toBe(1013);
    expect(second.all("error")).toMatchObject([{ code: "session-limit", fatal: true }]);
    await expectAlive(first);
  });

  test("of many that come at once, those without a place are refused before anything is opened for them", async () => {
    const opened = vi.spyOn(OutgoingAudio, "open");
    const { url } = await start({ maxSessions: 2 });
    const clients = await Promise.all(Array.from({ length: 8 }, async () => await RawClient.connect(url)));
    for (const client of clients) client.send(HELLO);
    const refused = () => clients.filter(({ closeCode }) => closeCode === 1013);
    await expect.poll(refused).toHaveLength(6);
    await expect.poll(() => clients.flatMap((client) => client.all("ready"))).toHaveLength(2);
    expect(opened).toHaveBeenCalledTimes(2);
    expect(sessions).toHaveLength(2);
    for (const client of clients) client.socket.close(1000);
    await Promise.all(clients.map(async (client) => await client.closed()));
    await expect.poll(() => sessions.every(({ closed }) => closed)).toBe(true);
    await expectAlive(await RawClient.talk(url));
  });

  test("a place is free again when its client leaves before it is let in", async () => {
    const { url } = await start({ maxSessions: 1 });
    const client = await RawClient.connect(url);
    client.send(HELLO);
    client.socket.terminate();
    await client.closed();
    const letIn = async (): Promise<boolean> =>
      await RawClient.talk(url).then(
        () => true,
        () => false,
      );
    await expect.poll(letIn).toBe(true);
  });

  test("a broken connection that may come back makes room for somebody who is here", async () => {
    const { url } = await start({ maxSessions: 1 });
    const first = await RawClient.talk(url);
    first.socket.terminate();
    await expect.poll(() => sessions[0]?.inputs.at(-1)?.type).toBe("disconnected");
    await expectAlive(await RawClient.talk(url));
    expect(sessions[0]?.closed).toBe(true);
  });

  test("a broken connection that nobody comes back to is forgotten in time", async () => {
    const { url } = await start({ resumeMs: 100 });
    const client = await RawClient.talk(url);
    const { session } = await client.next("ready");
    client.socket.terminate();
    await expect.poll(() => sessions[0]?.closed).toBe(true);
    const late = await RawClient.talk(url, { ...HELLO, resume: session });
    expect(await late.next("ready")).toMatchObject({ resumed: false });
  });

  test("while the models load, clients are told to come back later", async () => {
    server = await startServer(undefined);
    const client = await RawClient.connect(server.url);
    client.send(HELLO);
    expect(await client.closed()).toBe(1013);
    expect(client.all("error")).toMatchObject([{ code: "not-ready" }]);
    expect((await fetch(new URL("/ready", server.pageUrl))).status).toBe(503);
  });

  test("a page of another origin is refused, one of ours and one that is named are not", async () => {
    server = await startServer(() => new ScriptedSession(), { allowedOrigins: ["https://friend.example"] });
    const { url, pageUrl } = server;
    await expect(RawClient.connect(url, { origin: "https://evil.example" })).rejects.toThrow("403");
    const rebound = { origin: "http://evil.example", host: "evil.example" };
    await expect(RawClient.connect(url, rebound)).rejects.toThrow("403");
    await RawClient.connect(url, { origin: "https://friend.example" });
    await RawClient.connect(url, { origin: new URL(pageUrl).origin });
  });

  test("other paths are not found", async () => {
    const { url } = await start();
    await expect(RawClient.connect(url.replace("conversation", "nothing"))).rejects.toThrow("404");
  });
});

describe("during the conversation", () => {
  test.each([
    ["half a sample", audioIn(new Uint8Array(641)), "frame-invalid"],
    [
      "a frame of a server",
      encodeFrame({ kind: "audio-out", turn: 1, timestampMs: 0, payload: new Uint8Array(2) }),
      "frame-invalid",
    ],
    ["a frame that is none", Uint8Array.of(1, 2, 3), "frame-invalid"],
    ["an unknown message", { type: "dance" }, "message-unknown"],
    ["wrong types", { type: "playback", turn: "one", playedMs: 0 }, "message-invalid"],
    ["a second hello", HELLO, "message-invalid"],
    ["deep nesting", `{"type":"text","text":${"[".repeat(10_000)}${"]".repeat(10_000)}}`, "message-invalid"],
    ["a text of 20,000 characters", { type: "text", text: "a".repeat(20_000) }, "text-too-long"],
    ["a text of control characters", { type: "text", text: "\u0000\u0001\u001B" }, "text-empty"],
  ])("%s: an error with a code, and the conversation goes on", async (_, message, code) => {
    const { url } = await start();
    const client = await RawClient.talk(url);
    client.send(message);
    expect(await client.next("error")).toMatchObject({ code, fatal: false });
    await expectAlive(client);
  });

  test("the third mistake ends the connection with 1008", async () => {
    const { url } = await start();
    const client = await RawClient.talk(url);
    for (let strike = 0; strike < 3; strike++) client.send("nonsense");
    expect(await client.closed()).toBe(1008);
    expect(client.all("error").map(({ fatal }) => fatal)).toEqual([false, false, true]);
  });

  test("a message too large closes with 1009, and others do not notice", async () => {
    const { url, pageUrl } = await start();
    const other = await RawClient.talk(url);
    const client = await RawClient.talk(url);
    client.send(new Uint8Array(262_145));
    expect(await client.closed()).toBe(1009);
    await expectAlive(other);
    expect(await (await fetch(new URL("/metrics", pageUrl))).text()).toContain(
      'antiphon_errors_total{code="frame-too-large"} 1',
    );
  });

  test("endless fragments close with 1008", async () => {
    const { url } = await start();
    const client = await RawClient.talk(url);
    for (let part = 0; part < 100; part++) client.socket.send("", { fin: false });
    expect(await client.closed()).toBe(1008);
  });

  test("bad UTF-8 closes with 1007", async () => {
    const { url } = await start();
    const client = await RawClient.talk(url);
    client.socket.send(Buffer.from([0xff, 0xfe, 0xfd]), { binary: false });
    expect(await client.closed()).toBe(1007);
  });

  test.skipIf(!haveOpus)(
    "garbage Opus is concealed and told once; the conversation goes on until there is too much of it",
    async () => {
      const { url } = await start();
      const input = { format: "opus", sampleRate: 16_000, frameMs: 20 };
      const client = await RawClient.talk(url, { ...HELLO, input });
      for (let packet = 0; packet < 40; packet++) client.send(audioIn(Uint8Array.of(255, packet, 3, 7)));
      await expectAlive(client);
      expect(client.all("error")).toMatchObject([{ code: "opus-invalid", fatal: false }]);
      const heard = sessions[0]?.inputs.filter(({ type }) => type === "audio");
      expect(heard).toHaveLength(40);
      for (let packet = 0; packet < 40; packet++) client.send(audioIn(Uint8Array.of(255, packet, 3, 7)));
      expect(await client.closed()).toBe(1008);
    },
  );

  test("time that is skipped counts as sound: leaps in the timestamps do not buy work", async () => {
    const { url } = await start({ audioBurstMs: 3000 });
    const client = await RawClient.talk(url);
    for (let leap = 0; leap < 40; leap++) {
      const payload = new Uint8Array(2);
      client.send(encodeFrame({ kind: "audio-in", turn: 0, timestampMs: leap * 60_000, payload }));
    }
    client.send({ type: "ping" });
    await client.next("pong");
    expect((await client.next("error")).code).toBe("rate-exceeded");
    const heard = sessions[0]?.inputs.flatMap((input) => (input.type === "audio" ? [input.samples] : []));
    const heardMs = (heard ?? []).reduce((sum, samples) => sum + samples.length / 16, 0);
    expect(heardMs).toBeLessThan(6000);
  });

  test("sound much faster than it plays is dropped, told, and in the end not borne", async () => {
    const { url } = await start({ audioBurstMs: 1000 });
    const client = await RawClient.talk(url);
    const second = audioIn(floatsToPcm16(tone(440, 1000)));
    const flood = setInterval(() => {
      client.send(second);
    }, 50);
    expect(await client.closed()).toBe(1008);
    clearInterval(flood);
    expect(client.all("error").map(({ code, fatal }) => [code, fatal])).toEqual([
      ["rate-exceeded", false],
      ["rate-exceeded", false],
      ["rate-exceeded", true],
    ]);
  });

  test("a flood of tiny frames is dropped without a word for each", async () => {
    const { url } = await start();
    const client = await RawClient.talk(url);
    for (let frame = 0; frame < 5000; frame++) client.send(audioIn(new Uint8Array(2)));
    client.send({ type: "ping" });
    await client.next("error");
    expect(client.all("error")).toHaveLength(1);
    expect(sessions[0]?.inputs.length).toBeLessThanOrEqual(1600);
  });

  test("a flood of WebSocket pings is answered within the limits only, and not borne for ever", async () => {
    const { url } = await start({ messagesPerSecond: 10, audioBurstMs: 1000 });
    const client = await RawClient.talk(url);
    let pongs = 0;
    client.socket.on("pong", () => (pongs += 1));
    const flood = setInterval(() => {
      for (let ping = 0; ping < 100; ping++) client.socket.ping();
    }, 20);
    client.socket.once("close", () => {
      clearInterval(flood);
    });
    expect(await client.closed()).toBe(1008);
    expect(client.all("error").at(-1)).toMatchObject({ code: "rate-exceeded", fatal: true });
    expect(pongs).toBeGreaterThan(0);
    expect(pongs).toBeLessThan(200);
  });

  test("silence on the wire ends with idle-timeout and a normal close", async () => {
    const { url } = await start({ idleTimeoutMs: 150 });
    const client = await RawClient.talk(url);
    expect(await client.closed()).toBe(1000);
    expect(client.all("error")).toMatchObject([{ code: "idle-timeout", fatal: true }]);
  });

  test("a dead connection is noticed by its missing pongs, and its conversation waits", async () => {
    const { url } = await start({ heartbeatMs: 50 });
    const client = await RawClient.talk(url);
    (client.socket as unknown as { _socket: { pause(): void } })._socket.pause();
    await expect.poll(() => sessions[0]?.inputs.at(-1)?.type).toBe("disconnected");
    expect(sessions[0]?.closed).toBe(false);
    client.socket.terminate();
  });
});
