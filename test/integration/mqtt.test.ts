import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

import { connectAsync, type MqttClient } from "mqtt";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { tone } from "../../models/fakes/index.ts";
import { systemClock } from "../../src/clock.ts";
import { createLogger } from "../../src/logging.ts";
import { MqttBridge } from "../../src/mqtt/bridge.ts";
import { VoiceServer } from "../../src/server/app.ts";
import { type SessionInput, openVoiceSession } from "../../streaming/index.ts";
import { type Broker, haveMosquitto, startBroker } from "../support/broker.ts";
import { fakeModels, phrase, PHRASES } from "../support/fake-models.ts";
import { freePort } from "../support/free-port.ts";
import { HEADSET_SAMPLE_RATE, Headset } from "../support/headset.ts";
import { ScriptedSession } from "../support/scripted-session.ts";
import { testConfig } from "../support/voice-server.ts";

const silent = createLogger("silent");

/** Somebody at home who listens to everything, and keeps it in order. */
class Home {
  readonly client: MqttClient;
  readonly told: { readonly topic: string; readonly text: string; readonly retained: boolean }[] = [];

  private constructor(client: MqttClient) {
    this.client = client;
    client.on("message", (topic, payload, { retain }) => {
      this.told.push({ topic, text: payload.toString(), retained: retain });
    });
  }

  static async visit(url: string): Promise<Home> {
    const home = new Home(await connectAsync(url));
    await home.client.subscribeAsync("#", { qos: 1 });
    return home;
  }

  /** What was told of this topic, oldest first. */
  of(topic: string): string[] {
    return this.told.filter((message) => message.topic === topic).map(({ text }) => text);
  }
}

describe.skipIf(!haveMosquitto)("with a real broker (skipped where mosquitto is not installed)", () => {
  let broker: Broker;
  let home: Home;
  let bridge: MqttBridge | undefined;
  let server: VoiceServer | undefined;

  beforeEach(async () => {
    broker = await startBroker();
    home = await Home.visit(broker.url);
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    await bridge?.close();
    bridge = undefined;
    await home.client.endAsync(true);
    await broker.stop();
  });

  async function openBridge(settings: object = {}): Promise<MqttBridge> {
    const config = testConfig({ mqtt: { url: broker.url, ...settings } });
    bridge = new MqttBridge(broker.url, config.mqtt, silent);
    await expect.poll(() => home.of("antiphon/antiphon/state")).toEqual(["idle"]);
    return bridge;
  }

  async function talk(watching: MqttBridge): Promise<void> {
    const models = fakeModels();
    server = await VoiceServer.listen({ config: testConfig(), clock: systemClock, logger: silent });
    server.open(
      watching.watch({
        openSession: (options) => openVoiceSession(models, options, systemClock),
        voiceSampleRate: 22_050,
      }),
    );
    const headset = await Headset.putOn(server.url);
    await headset.say(phrase(440, HEADSET_SAMPLE_RATE));
    await headset.listenToAnswer(1);
    await headset.client.close();
  }

  test("a turn is told of as it goes, with its times and without its words", async () => {
    await talk(await openBridge());
    await expect
      .poll(() => home.of("antiphon/antiphon/state"))
      .toEqual(["idle", "listening", "thinking", "speaking", "idle"]);
    await expect.poll(() => home.of("antiphon/antiphon/conversations")).toEqual(["0", "1", "0"]);
    const [times] = home.of("antiphon/antiphon/times");
    expect(JSON.parse(times ?? "")).toMatchObject({ firstAudioMs: expect.any(Number) as number });
    expect(home.told.filter(({ text }) => text.includes("France"))).toEqual([]);
  });

  test("the words are told to whoever asked for them, and kept by no broker", async () => {
    await talk(await openBridge({ transcripts: true }));
    await expect.poll(() => home.of("antiphon/antiphon/transcript")).toHaveLength(1);
    expect(JSON.parse(home.of("antiphon/antiphon/transcript")[0] ?? "")).toEqual({
      question: PHRASES[440],
      answer: "The capital of France is Paris.",
    });
    const late = await Home.visit(broker.url);
    await expect.poll(() => late.of("antiphon/antiphon/state")).toEqual(["idle"]);
    expect(late.told.filter(({ text }) => text.includes("France"))).toEqual([]);
    await late.client.endAsync();
  });

  test("Home Assistant finds the device, also when it comes later or starts again", async () => {
    await openBridge();
    const late = await Home.visit(broker.url);
    const topic = "homeassistant/device/antiphon/config";
    await expect.poll(() => late.of(topic)).toHaveLength(1);
    expect(late.told.find((message) => message.topic === topic)?.retained).toBe(true);
    await late.client.publishAsync("homeassistant/status", "online");
    await expect.poll(() => late.of(topic)).toHaveLength(2);
    expect(late.of("antiphon/antiphon/availability")).toContain("online");
    await late.client.endAsync();
  });

  test("muted, conversations go on and hear silence; words that are no command change nothing", async () => {
    const sessions: ScriptedSession[] = [];
    const source = (await openBridge()).watch({
      openSession: () => {
        const session = new ScriptedSession();
        sessions.push(session);
        return session;
      },
      voiceSampleRate: 22_050,
    });
    const session = source.openSession(testConfig().conversation);
    const loud = (): SessionInput => ({ type: "audio", samples: tone(440, 20, 16_000) });
    const lastIsLoud = (): boolean => {
      const input = sessions[0]?.inputs.at(-1);
      return input?.type === "audio" && input.samples.some((sample) => sample !== 0);
    };
    const command = async (word: string): Promise<void> => {
      const before = home.of("antiphon/antiphon/mute/set").length;
      await home.client.publishAsync("antiphon/antiphon/mute/set", word, { qos: 1 });
      await expect.poll(() => home.of("antiphon/antiphon/mute/set").length).toBe(before + 1);
    };
    session.push(loud());
    expect(lastIsLoud()).toBe(true);
    await command("on");
    await command("O".repeat(5000));
    await command("ON");
    await expect.poll(() => home.of("antiphon/antiphon/mute")).toEqual(["OFF", "ON"]);
    session.push(loud());
    expect(lastIsLoud()).toBe(false);
    expect(sessions[0]?.inputs.at(-1)).toMatchObject({ type: "audio", samples: { length: 320 } });
    session.push({ type: "text", text: "still here" });
    expect(sessions[0]?.inputs.at(-1)).toMatchObject({ type: "text" });
    await command("OFF");
    await expect.poll(() => home.of("antiphon/antiphon/mute")).toEqual(["OFF", "ON", "OFF"]);
    session.push(loud());
    expect(lastIsLoud()).toBe(true);
    await session.close();
  });

  test("a server that ends says so, and is told to be away where it cannot", async () => {
    const open = await openBridge();
    await open.close();
    await expect.poll(() => home.of("antiphon/antiphon/availability")).toEqual(["online", "offline"]);
  });

  test("a broker that is told goodbye and does not hang up is left", async () => {
    const sockets: Socket[] = [];
    const deafToGoodbyes = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.push(socket.on("error", () => undefined));
      const upstream = connect(broker.port, "127.0.0.1");
      socket.pipe(upstream).pipe(socket, { end: false });
    }).listen(0, "127.0.0.1");
    await once(deafToGoodbyes, "listening");
    const { port } = deafToGoodbyes.address() as AddressInfo;
    const open = new MqttBridge(`mqtt://127.0.0.1:${port}`, testConfig().mqtt, silent);
    await expect.poll(() => home.of("antiphon/antiphon/state")).toEqual(["idle"]);
    await open.close();
    expect(home.of("antiphon/antiphon/availability")).toEqual(["online", "offline"]);
    // Who has left refuses what still comes.
    await expect
      .poll(() => {
        sockets[0]?.write("anything");
        return sockets[0]?.destroyed;
      })
      .toBe(true);
    deafToGoodbyes.close();
  });

  test("a broker that comes back is told everything again", async () => {
    await openBridge();
    await broker.stop();
    await home.client.endAsync(true);
    broker = await startBroker({ port: broker.port });
    home = await Home.visit(broker.url);
    await expect.poll(() => home.of("homeassistant/device/antiphon/config")).toHaveLength(1);
    await expect.poll(() => home.of("antiphon/antiphon/state")).toEqual(["idle"]);
  });

  test("a broker that lets nobody in is named once, and the server goes on", async () => {
    const closed = await startBroker({ anonymous: false });
    const lines: string[] = [];
    const logger = pino({ base: {} }, { write: (line) => void lines.push(line) });
    const refused = new MqttBridge(closed.url, testConfig().mqtt, logger);
    await expect.poll(() => lines).toHaveLength(1);
    expect(lines[0]).toContain("Not authorized");
    await refused.close();
    await closed.stop();
  });
});

test("without a broker conversations are held, and closing does not wait for it", async () => {
  const unreachable = `mqtt://127.0.0.1:${await freePort()}`;
  const bridge = new MqttBridge(unreachable, testConfig().mqtt, silent);
  const source = bridge.watch({ openSession: () => new ScriptedSession(40), voiceSampleRate: 22_050 });
  const session = source.openSession(testConfig().conversation);
  const stop = new AbortController();
  session.push({ type: "text", text: "hello" });
  const seen: string[] = [];
  for await (const { type } of session.events(stop)) {
    seen.push(type);
    if (type === "answer-end") break;
  }
  expect(seen).toContain("answer-start");
  await session.close();
  await bridge.close();
});
