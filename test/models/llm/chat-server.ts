import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";

import { createRemoteLanguageModel } from "../../../models/llm/remote.ts";
import type { RemoteLanguageModelConfig } from "../../../models/llm/remote.ts";
import type { GenerateRequest, GenerationEvent } from "../../../streaming/index.ts";

export type Reply = (response: ServerResponse, request: IncomingMessage) => void | Promise<void>;

let server: Server | undefined;

/** Stops the server of the test, if it still runs. */
export async function stopServer(): Promise<void> {
  const running = server;
  server = undefined;
  if (running === undefined) return;
  running.closeAllConnections();
  running.close();
  await once(running, "close");
}

/** A chat server that answers each request by the next reply; the last one serves all further requests. */
export async function serve(...replies: readonly Reply[]) {
  const bodies: unknown[] = [];
  const headers: IncomingMessage["headers"][] = [];
  const paths: (string | undefined)[] = [];
  const started = createServer((request, response) => {
    void (async () => {
      paths.push(request.url);
      headers.push(request.headers);
      bodies.push(JSON.parse(await readText(request)));
      await replies[Math.min(bodies.length, replies.length) - 1]?.(response, request);
    })();
  });
  server = started;
  started.listen(0, "127.0.0.1");
  await once(started, "listening");
  const { port } = started.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, bodies, headers, paths };
}

/** The client, patient unless told otherwise. */
export function model(url: string, changes: Partial<RemoteLanguageModelConfig> = {}) {
  return createRemoteLanguageModel({
    url,
    model: "some-model",
    firstTokenTimeoutMs: 5000,
    tokenTimeoutMs: 5000,
    ...changes,
  });
}

/** What is asked in these tests. */
export const request: GenerateRequest = {
  seat: "a",
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hi" },
  ],
  maxTokens: 50,
  sampling: { temperature: 0.3, topP: 0.9, minP: 0.05, repetitionPenalty: 1.1, seed: 7 },
  stop: [],
};

export const idle = new AbortController().signal;

/** All events of one answer. */
export async function generate(
  url: string,
  changes: Partial<RemoteLanguageModelConfig> = {},
  signal = idle,
): Promise<GenerationEvent[]> {
  const events: GenerationEvent[] = [];
  for await (const event of model(url, changes).generate(request, { signal })) events.push(event);
  return events;
}

export const textOf = (events: readonly GenerationEvent[]): string =>
  events.map((event) => (event.type === "text-delta" ? event.text : "")).join("");

/** One piece of an answer as the server sends it. */
export const delta = (content: string, finish: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;

export const DONE = "data: [DONE]\n\n";

/** Streams an answer in these pieces of bytes. */
export const stream =
  (...pieces: readonly (string | Uint8Array)[]): Reply =>
  async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const piece of pieces) {
      response.write(piece);
      await delay(2);
    }
    response.end();
  };

export const refuse =
  (status: number): Reply =>
  (response) => {
    response.writeHead(status).end("{}");
  };

export const hangUp: Reply = (response) => {
  response.destroy();
};

export const answer = stream(delta("Hel"), delta("lo."), delta("", "stop"), DONE);
