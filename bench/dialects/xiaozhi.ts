import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import WebSocket from "ws";

import { openOpusDecoder, openOpusEncoder } from "../../audio/opus.ts";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { DeviceMcp } from "../../src/dialects/xiaozhi/device-mcp.ts";
import { DeviceTalk } from "../../src/dialects/xiaozhi/device-talk.ts";
import { Downlink, DOWNLINK_FORMAT } from "../../src/dialects/xiaozhi/downlink.ts";
import { decodeDeviceFrame, encodeAudio } from "../../src/dialects/xiaozhi/frames.ts";
import { parseDeviceMessage } from "../../src/dialects/xiaozhi/messages.ts";
import { DeviceOutbox } from "../../src/dialects/xiaozhi/outbox.ts";
import { Uplink } from "../../src/dialects/xiaozhi/uplink.ts";
import { createLogger } from "../../src/logging.ts";
import { OutgoingAudio } from "../../src/server/audio-codec.ts";
import { Conversations } from "../../src/server/conversations.ts";
import { Metrics } from "../../src/server/metrics.ts";
import type { VoiceSession } from "../../streaming/index.ts";
import type { BenchOptions } from "../bench.ts";
import { type Figure, series } from "../report.ts";
import { ServerProgram } from "../server-program.ts";

const VOICE_RATE = 22_050;
const MESSAGES = 2000;
const DEVICES = 20;
const IDLE_MS = 20_000;
/** What one device's connection may add to a message, and what twenty that are idle may cost. */
const LIMITS = { messageMs: 2, idleMegabytes: 100, idleCpuPercent: 3 } as const;

/** A conversation that says nothing: what is measured is the way to it and from it. */
const MUTE: VoiceSession = {
  push: () => undefined,
  events: ({ signal }) => ({
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        await once(signal, "abort");
        return { done: true, value: undefined };
      },
    }),
  }),
  close: () => Promise.resolve(),
};

/** What a device's messages cost on their way through the dialect, and what connected devices cost that say nothing. */
export async function measureXiaozhi(options: BenchOptions): Promise<readonly (Figure | undefined)[]> {
  options.note("messages of a device");
  const messages = await measureMessages();
  options.note(`${DEVICES} idle devices`);
  return [...messages, ...(await measureIdleDevices(options))];
}

async function measureMessages(): Promise<readonly (Figure | undefined)[]> {
  const config = loadConfig({ environment: {} });
  const metrics = new Metrics();
  const source = { openSession: () => MUTE, voiceSampleRate: VOICE_RATE };
  const conversations = new Conversations(source, config, metrics, createLogger("silent"));
  const { conversation } = conversations.enter(undefined);
  const socket = { readyState: 1, OPEN: 1, bufferedAmount: 0, send: () => undefined } as unknown as WebSocket;
  const outbox = new DeviceOutbox(socket, {
    clock: systemClock,
    sessionId: "bench",
    maxBufferedBytes: 1e6,
    onDroppedSound: () => undefined,
    onCut: () => undefined,
  });
  const codec = await OutgoingAudio.open(DOWNLINK_FORMAT, VOICE_RATE);
  const send = (frame: Uint8Array): void => {
    outbox.sendAudio(frame);
  };
  const talk = new DeviceTalk({
    conversation,
    outbox,
    metrics,
    mcp: new DeviceMcp(() => undefined),
    uplink: new Uplink(await openOpusDecoder(16_000), (samples) => {
      conversation.pushAudio(samples);
    }),
    downlink: new Downlink({ version: 3, codec, clock: systemClock, send }),
    maxTextLength: 4000,
    isWakeWord: () => false,
    onWords: () => undefined,
  });
  const listening = '{"session_id":"bench","type":"listen","state":"start","mode":"realtime"}';
  const text = timesOf(() => {
    const message = parseDeviceMessage(listening);
    if (message !== undefined && message.type !== "hello") talk.obey(message);
  });
  const encoder = await openOpusEncoder(16_000, 60);
  const packet = encodeAudio(3, encoder.encode(noise(encoder.frameSamples)), 0);
  const sound = timesOf(() => {
    talk.hear(decodeDeviceFrame(3, packet).payload, () => undefined);
  });
  talk.deliver({ type: "answer-start", turn: 1, seat: 0 });
  const frame = { samples: noise(VOICE_RATE / 50), sampleRate: VOICE_RATE };
  const answer = timesOf(() => {
    talk.deliver({ type: "answer-audio", turn: 1, frame });
  });
  talk.close();
  await conversations.endAll();
  const limits = [{ statistic: "p95", bound: "at most", value: LIMITS.messageMs }] as const;
  return [
    series("xiaozhi: text message in", "ms", text, limits),
    series("xiaozhi: 60 ms of sound in, Opus decoded", "ms", sound, limits),
    series("xiaozhi: 20 ms of an answer out, Opus encoded", "ms", answer, limits),
  ];
}

function timesOf(act: () => void): number[] {
  return Array.from({ length: MESSAGES }, () => {
    const startMs = performance.now();
    act();
    return performance.now() - startMs;
  });
}

function noise(length: number): Float32Array {
  return Float32Array.from({ length }, () => Math.random() - 0.5);
}

/** What connected devices cost that say nothing, on the product's own server. */
async function measureIdleDevices({ pack, signal }: BenchOptions): Promise<readonly (Figure | undefined)[]> {
  const folder = await mkdtemp(join(tmpdir(), "antiphon-bench-"));
  const server = await ServerProgram.start(pack, signal, { ANTIPHON_DEVICES_FOLDER: folder });
  const url = server.url.replace(/\/v1\/.*$/u, "/xiaozhi/v1/");
  const devices: WebSocket[] = [];
  try {
    devices.push(await greet(url, 0)); // what the first one alone brings in is not one device's
    await delay(5000, undefined, { signal });
    const before = await server.memory();
    for (let index = 1; index < DEVICES; index++) devices.push(await greet(url, index));
    await delay(5000, undefined, { signal });
    const cpuBefore = await cpuSeconds(server);
    await delay(IDLE_MS, undefined, { signal });
    const percent = ((await cpuSeconds(server)) - cpuBefore) / (IDLE_MS / 100_000);
    const after = await server.memory();
    const megabytes = before && after ? [((after.resident - before.resident) * DEVICES) / (DEVICES - 1)] : [];
    return [
      series("xiaozhi: 20 idle devices, memory", "MB", megabytes, [
        { statistic: "median", bound: "at most", value: LIMITS.idleMegabytes },
      ]),
      series(
        "xiaozhi: 20 idle devices, CPU",
        "%",
        [percent],
        [{ statistic: "median", bound: "at most", value: LIMITS.idleCpuPercent }],
      ),
    ];
  } finally {
    for (const device of devices) device.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A device that is connected and listens, as it does before anybody says a word. */
async function greet(url: string, index: number): Promise<WebSocket> {
  const socket = new WebSocket(url, { headers: { "Device-Id": `bench-${index}`, "Protocol-Version": "1" } });
  await once(socket, "open");
  socket.send('{"type":"hello","version":1,"transport":"websocket","features":{"mcp":false}}');
  await once(socket, "message");
  socket.send('{"type":"listen","state":"start","mode":"auto"}');
  return socket;
}

async function cpuSeconds(server: ServerProgram): Promise<number> {
  const response = await fetch(new URL("metrics", server.page));
  return Number(/^process_cpu_seconds_total (\S+)$/mu.exec(await response.text())?.[1] ?? 0);
}
