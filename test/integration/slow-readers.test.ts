import { once } from "node:events";

import { expect, onTestFinished, test } from "vitest";
import WebSocket from "ws";

import { systemClock } from "../../src/clock.ts";
import { encodeEvent } from "../../src/dialects/wyoming/events.ts";
import { createLogger } from "../../src/logging.ts";
import { VoiceServer } from "../../src/server/app.ts";
import { openVoiceSession, type SessionEvent, type VoiceSession } from "../../streaming/index.ts";
import { fakeModels } from "../support/fake-models.ts";
import { freePort } from "../support/free-port.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { haveOpus } from "../support/opus.ts";
import { ScriptedSession } from "../support/scripted-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { startServer, testConfig } from "../support/voice-server.ts";
import { openConnection } from "../support/wyoming-connection.ts";
import { XiaozhiBoard } from "../support/xiaozhi-board.ts";

/** Who asks for much and reads nothing costs a bounded memory, is cut off and counted, and nobody else notices. */

async function cutOff(server: VoiceServer): Promise<string | undefined> {
  const told = await (await fetch(new URL("/metrics", server.pageUrl))).text();
  return /antiphon_errors_total\{code="connection-failed"\} (\d+)/u.exec(told)?.[1];
}

test("a home that asks Wyoming for hours of speech and reads nothing is waited for half a minute", async () => {
  const clock = new ManualClock();
  const port = await freePort();
  const config = testConfig({ wyoming: { port } });
  const server = await VoiceServer.listen({ config, clock, logger: createLogger("silent") });
  onTestFinished(async () => {
    await server.close();
  });
  const models = fakeModels();
  server.open({
    openSession: (options) => openVoiceSession(models, options, systemClock),
    models,
    voiceSampleRate: 22_050,
  });
  const stuck = await openConnection(port);
  stuck.socket.pause();
  const texts = Array.from({ length: 40 }, () =>
    encodeEvent("synthesize", { text: "There is more to say. ".repeat(150) }),
  );
  stuck.socket.write(Buffer.concat(texts));
  const { requests } = models.synthesizer;
  // It is spoken as far as the kernel takes it, and then no further.
  await expect.poll(async () => await growth(() => requests.length), { interval: 200 }).toBe(0);
  const spoken = requests.length;
  expect(spoken).toBeGreaterThan(0);
  expect(spoken).toBeLessThan((40 * 150) / 2);

  const other = await openConnection(port);
  other.socket.write(encodeEvent("synthesize", { text: "Hello" }));
  await expect.poll(() => other.received.at(-1)?.type).toBe("audio-stop");
  expect(await cutOff(server)).toBeUndefined();
  clock.advance(30_000);
  await expect.poll(async () => await cutOff(server)).toBe("1");
  stuck.socket.resume();
  await stuck.closed;
  expect(requests.length).toBe(spoken + 1);
  other.socket.write(encodeEvent("ping", {}));
  await expect.poll(() => other.received.at(-1)?.type).toBe("pong");
  other.socket.destroy();
});

/** How much more there is after a moment. */
async function growth(count: () => number): Promise<number> {
  const before = count();
  await systemClock.sleep(300, new AbortController());
  return count() - before;
}

const FLOOD = "x".repeat(100_000);
const FLOODS = 1000;

/** A conversation that understands a flood of words where "flood" is typed. */
function floodingSession(): VoiceSession {
  const session = new ScriptedSession();
  const events = session.events.bind(session);
  session.events = async function* (options): AsyncGenerator<SessionEvent> {
    for await (const event of events(options)) {
      yield event;
      if (event.type !== "transcript-end" || event.text !== "flood") continue;
      for (let index = 0; index < FLOODS; index++) yield { ...event, text: FLOOD };
    }
  };
  return session;
}

test.skipIf(!haveOpus)(
  "a board that reads nothing is cut off before its words fill the memory (skipped where the Opus addon is missing)",
  async () => {
    const server = await startServer(floodingSession, {
      devices: { folder: await temporaryFolder() },
      limits: { resumeMs: 100 },
    });
    onTestFinished(async () => {
      await server.close();
    });
    const url = new URL("/xiaozhi/v1/", server.pageUrl.replace("http", "ws")).href;
    const stuck = new WebSocket(url, { headers: { "Device-Id": "00:00:00:00:00:01" } });
    await once(stuck, "open");
    stuck.send(JSON.stringify({ type: "hello", version: 1, transport: "websocket", features: {} }));
    await once(stuck, "message");
    stuck.pause();
    stuck.send(JSON.stringify({ type: "listen", state: "detect", text: "flood" }));
    await expect.poll(async () => await cutOff(server)).toBe("1");
    const gone = once(stuck, "close");
    stuck.resume();
    expect((await gone)[0]).toBe(1006);

    const board = await XiaozhiBoard.connect(url, { deviceId: "00:00:00:00:00:02" });
    board.detect("Are you there?");
    await board.ttsState("stop");
    expect(await cutOff(server)).toBe("1");
    board.close();
  },
);
