import { EventEmitter, once } from "node:events";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";

import fastify from "fastify";
import type { WebSocket } from "ws";

import { floatsToPcm16 } from "../../audio/index.ts";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import type { DialectHost } from "../../src/dialects/dialect.ts";
import { type SharedPlaces, sharedPlaces } from "../../src/dialects/realtime/places.ts";
import { RealtimeSocket } from "../../src/dialects/realtime/realtime-socket.ts";
import { createLogger } from "../../src/logging.ts";
import { Conversations } from "../../src/server/conversations.ts";
import { Metrics } from "../../src/server/metrics.ts";
import type { VoiceSession } from "../../streaming/index.ts";
import type { BenchOptions } from "../bench.ts";
import { type Figure, series } from "../report.ts";

const VOICE_RATE = 22_050;
const MESSAGES = 2000;
/** What this dialect may add to a message. */
const LIMITS = [{ statistic: "p95", bound: "at most", value: 2 }] as const;

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

/** The end of a socket that the server holds, with nobody at the other one. */
class OpenSocket extends EventEmitter {
  readonly OPEN = 1;
  readonly readyState = 1;
  readonly bufferedAmount = 0;
  readonly send = (): void => {
    this.emit("sent");
  };
  readonly ping = (): void => undefined;
  readonly close = (): void => {
    this.emit("close", 1000);
  };
}

/** What messages cost on their way through the dialect, both ways. */
export async function measureRealtime({ note }: BenchOptions): Promise<readonly (Figure | undefined)[]> {
  note("messages of a Realtime client");
  const [config, metrics, logger] = [loadConfig({ environment: {} }), new Metrics(), createLogger("silent")];
  const limits = { ...config.limits, audioRate: 1e6, messagesPerSecond: 1e6, bytesPerSecond: 1e12 };
  const settings = { ...config, limits };
  const source = { openSession: () => MUTE, voiceSampleRate: VOICE_RATE };
  const conversations = new Conversations(source, settings, metrics, logger);
  const host: DialectHost & { readonly places: SharedPlaces } = {
    app: fastify(),
    config: settings,
    clock: systemClock,
    logger,
    metrics,
    conversations: () => conversations,
    models: () => undefined,
    acceptSockets: () => undefined,
    places: sharedPlaces(),
  };
  const client = new OpenSocket();
  const request = new IncomingMessage(new Socket());
  request.url = "/v1/realtime";
  const socket = new RealtimeSocket(client as unknown as WebSocket, request, host);
  await once(client, "sent"); // session.created
  const send = async (type: string, fields: object): Promise<number[]> => {
    const message = Buffer.from(JSON.stringify({ type, ...fields }));
    return await timesOf(() => client.emit("message", message));
  };
  const update = await send("session.update", { session: { type: "realtime", instructions: "Be brief." } });
  const audio = Buffer.from(floatsToPcm16(noise(480))).toString("base64");
  const append = await send("input_audio_buffer.append", { audio });
  socket.deliver({ type: "answer-start", turn: 1, seat: 0 });
  const frame = { samples: noise(VOICE_RATE / 50), sampleRate: VOICE_RATE };
  const answer = await timesOf(() => {
    socket.deliver({ type: "answer-audio", turn: 1, frame });
  });
  client.close();
  await conversations.endAll();
  return [
    series("realtime: session.update", "ms", update, LIMITS),
    series("realtime: 20 ms of sound in", "ms", append, LIMITS),
    series("realtime: 20 ms of an answer out", "ms", answer, LIMITS),
  ];
}

/** One after the other, with time in between for what follows. */
async function timesOf(act: () => void): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < MESSAGES; index++) {
    await new Promise((resolve) => setImmediate(resolve));
    const startMs = performance.now();
    act();
    times.push(performance.now() - startMs);
  }
  return times;
}

function noise(length: number): Float32Array {
  return Float32Array.from({ length }, () => Math.random() - 0.5);
}
