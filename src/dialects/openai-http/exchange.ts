import { Readable } from "node:stream";

import type { FastifyReply } from "fastify";

import type { SessionModels } from "../../../streaming/index.ts";
import type { DialectHost } from "../dialect.ts";
import { ApiError, toApiError } from "./errors.ts";

/** The models, once they are there. @throws ApiError 503 */
export function modelsOf(host: DialectHost): SessionModels {
  const models = host.models();
  if (models === undefined) throw new ApiError(503, "not-ready", "the models are still being loaded");
  return models;
}

/** Aborts when the client is gone before it has its answer: nobody works for it any more. */
export function signalOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished)
      controller.abort(new DOMException("the client has hung up", "AbortError"));
  });
  return controller.signal;
}

/**
 * Sends pieces as they come. What fails before the first is an error like any other; what fails later cuts the answer off.
 * A client that reads slowly slows the work down.
 */
export async function sendPieces(
  reply: FastifyReply,
  contentType: string,
  pieces: AsyncIterable<Uint8Array | string>,
): Promise<FastifyReply> {
  const iterator = pieces[Symbol.asyncIterator]();
  const first = await iterator.next();
  const all = async function* (): AsyncGenerator<Uint8Array | string> {
    try {
      if (first.done === true) return;
      yield first.value;
      yield* { [Symbol.asyncIterator]: () => iterator };
    } finally {
      await iterator.return?.();
    }
  };
  return await reply
    .header("cache-control", "no-store")
    .header("x-accel-buffering", "no")
    .type(contentType)
    .send(Readable.from(all(), { objectMode: false, highWaterMark: HIGH_WATER_BYTES }));
}

/** Bytes that are made before the client has read those before. */
const HIGH_WATER_BYTES = 65_536;

/** Sends server-sent events, `[DONE]` last. What fails after the first is an event with an error in it. */
export async function sendEvents(reply: FastifyReply, events: AsyncIterable<object>): Promise<FastifyReply> {
  return await sendPieces(reply, "text/event-stream; charset=utf-8", written(events));
}

async function* written(events: AsyncIterable<object>): AsyncGenerator<string> {
  let begun = false;
  try {
    for await (const event of events) {
      yield `data: ${JSON.stringify(event)}\n\n`;
      begun = true;
    }
  } catch (error) {
    if (!begun) throw error;
    yield `data: ${JSON.stringify(toApiError(error).body)}\n\n`;
  }
  yield "data: [DONE]\n\n";
}
