import { EventEmitter, getEventListeners, once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";

import { afterEach, describe, expect, it } from "vitest";

import { createRemoteLanguageModel } from "../../../models/llm/remote.ts";
import type { RemoteLanguageModelConfig } from "../../../models/llm/remote.ts";
import type { GenerateRequest, GenerationEvent } from "../../../streaming/index.ts";

type Reply = (response: ServerResponse, request: IncomingMessage) => void | Promise<void>;

let server: Server | undefined;
afterEach(async () => {
  if (server === undefined) return;
  server.closeAllConnections();
  server.close();
  await once(server, "close");
  server = undefined;
});

/** A chat server that answers each request by the next reply; the last one serves all further requests. */
async function serve(...replies: readonly Reply[]) {
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

function model(url: string, changes: Partial<RemoteLanguageModelConfig> = {}) {
  return createRemoteLanguageModel({
    url,
    model: "some-model",
    firstTokenTimeoutMs: 5000,
    tokenTimeoutMs: 5000,
    ...changes,
  });
}

const request: GenerateRequest = {
  seat: "a",
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hi" },
  ],
  maxTokens: 50,
  sampling: { temperature: 0.3, topP: 0.9, minP: 0.05, repetitionPenalty: 1.1, seed: 7 },
  stop: [],
};

const idle = new AbortController().signal;

async function generate(
  url: string,
  changes: Partial<RemoteLanguageModelConfig> = {},
  signal = idle,
): Promise<GenerationEvent[]> {
  const events: GenerationEvent[] = [];
  for await (const event of model(url, changes).generate(request, { signal })) events.push(event);
  return events;
}

const textOf = (events: readonly GenerationEvent[]): string =>
  events.map((event) => (event.type === "text-delta" ? event.text : "")).join("");

const delta = (content: string, finish: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;

const DONE = "data: [DONE]\n\n";

/** Streams an answer in these pieces of bytes. */
const stream =
  (...pieces: readonly (string | Uint8Array)[]): Reply =>
  async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const piece of pieces) {
      response.write(piece);
      await delay(2);
    }
    response.end();
  };

const refuse =
  (status: number): Reply =>
  (response) => {
    response.writeHead(status).end("{}");
  };

const hangUp: Reply = (response) => {
  response.destroy();
};

const answer = stream(delta("Hel"), delta("lo."), delta("", "stop"), DONE);

describe("an OpenAI-compatible server", () => {
  it("is asked for a stream, with the messages and what it understands of the sampling", async () => {
    const { url, bodies, headers, paths } = await serve(answer);
    await generate(`${url}/`, { apiKey: "secret" });
    expect(paths).toEqual(["/v1/chat/completions"]);
    expect(headers[0]).toMatchObject({ authorization: "Bearer secret", "content-type": "application/json" });
    expect(bodies[0]).toEqual({
      model: "some-model",
      messages: request.messages,
      stream: true,
      max_tokens: 50,
      temperature: 0.3,
      top_p: 0.9,
      seed: 7,
    });
  });

  it("is shown no key where there is none", async () => {
    const { url, headers } = await serve(answer);
    await generate(url);
    expect(headers[0]).not.toHaveProperty("authorization");
  });

  it("answers in pieces, as they come", async () => {
    const { url } = await serve(answer);
    expect(await generate(url)).toEqual([
      { type: "text-delta", text: "Hel" },
      { type: "text-delta", text: "lo." },
      { type: "generation-end", reason: "stop", completionTokens: 2 },
    ]);
  });

  it("may say that it had no more room", async () => {
    const { url } = await serve(stream(delta("Hel"), delta("", "length"), DONE));
    expect((await generate(url)).at(-1)).toEqual({
      type: "generation-end",
      reason: "length",
      completionTokens: 1,
    });
  });

  it("is understood though its events arrive cut anywhere, with any line end and comments", async () => {
    const bytes = Buffer.from(
      `: hello\r\n\r\n${delta("Né ")}${delta("😀!", "stop")}`.replaceAll("\n", "\r\n"),
    );
    const { url } = await serve(stream(...Array.from(bytes, (byte) => Uint8Array.of(byte))));
    expect(textOf(await generate(url))).toBe("Né 😀!");
  });

  it("may send pieces without text: roles, usage, tool calls", async () => {
    const odd = [{ choices: [{ delta: { role: "assistant" } }] }, { choices: [] }, { usage: {} }];
    const { url } = await serve(
      stream(...odd.map((piece) => `data: ${JSON.stringify(piece)}\n\n`), delta("a"), DONE),
    );
    expect(textOf(await generate(url))).toBe("a");
  });

  it("needs neither prefill nor seats", async () => {
    const { url, bodies } = await serve(answer);
    await model(url).prefill({ seat: "a", messages: [], open: true }, { signal: idle });
    await model(url).releaseSeat("a");
    expect(bodies).toEqual([]);
  });
});

describe("a server that fails", () => {
  it.each([
    ["503", refuse(503)],
    ["500", refuse(500)],
    ["429", refuse(429)],
    ["a connection cut before the answer", hangUp],
    [
      "a connection cut after the head",
      (response: ServerResponse) => {
        response.writeHead(200).flushHeaders();
        setTimeout(() => response.destroy(), 20);
      },
    ],
    ["an error instead of the first piece", stream('data: {"error":{"message":"overloaded"}}\n\n')],
    ["something else than JSON", stream("data: {oops\n\n")],
    ["JSON that is no object", stream("data: null\n\n")],
    ["an end before any answer", stream()],
  ])("before the first text is asked once more: %s", async (_, failure) => {
    const { url, bodies } = await serve(failure, answer);
    expect(textOf(await generate(url))).toBe("Hello.");
    expect(bodies).toHaveLength(2);
    expect(bodies[1]).toEqual(bodies[0]);
  });

  it("twice is not asked a third time", async () => {
    const { url, bodies } = await serve(refuse(503));
    await expect(generate(url)).rejects.toMatchObject({ code: "llm-unavailable" });
    expect(bodies).toHaveLength(2);
  });

  it.each([400, 401, 403, 404, 422])(
    "with status %d would refuse again, and is not asked again",
    async (status) => {
      const { url, bodies } = await serve(refuse(status), answer);
      await expect(generate(url)).rejects.toMatchObject({
        code: "llm-unavailable",
        message: expect.stringContaining(`${status}`) as string,
      });
      expect(bodies).toHaveLength(1);
    },
  );

  it.each([
    ["a cut connection", (response: ServerResponse) => response.destroy()],
    ["something else than JSON", (response: ServerResponse) => response.end("data: {oops\n\n")],
    ["an error", (response: ServerResponse) => response.end('data: {"error":{"message":"no memory"}}\n\n')],
    ["an end without an end", (response: ServerResponse) => response.end()],
  ])("after text was said is not asked again, since that cannot be unsaid: %s", async (_, fail) => {
    const { url, bodies } = await serve(async (response) => {
      response.write(delta("Hel"));
      await delay(20);
      fail(response);
    }, answer);
    const events: GenerationEvent[] = [];
    const run = async (): Promise<void> => {
      for await (const event of model(url).generate(request, { signal: idle })) events.push(event);
    };
    await expect(run()).rejects.toMatchObject({ code: "llm-unavailable" });
    expect(textOf(events)).toBe("Hel");
    expect(bodies).toHaveLength(1);
  });

  it("by not being there is named as that", async () => {
    const { url } = await serve(answer);
    server!.close();
    await expect(generate(url)).rejects.toMatchObject({ code: "llm-unavailable" });
    server = undefined;
  });
});

describe("a server that hangs", () => {
  const silence: Reply = () => undefined;

  it.each([
    ["without a head", silence],
    ["with a head only", (response: ServerResponse) => void response.writeHead(200).flushHeaders()],
  ])("before the first text is given up after the time for the first token, twice: %s", async (_, hang) => {
    const { url, bodies } = await serve(hang);
    await expect(generate(url, { firstTokenTimeoutMs: 50 })).rejects.toMatchObject({ code: "llm-timeout" });
    expect(bodies).toHaveLength(2);
  });

  it("in the middle is given up after the time between tokens, and not asked again", async () => {
    const { url, bodies } = await serve((response) => void response.write(delta("Hel")));
    await expect(generate(url, { tokenTimeoutMs: 50 })).rejects.toMatchObject({ code: "llm-timeout" });
    expect(bodies).toHaveLength(1);
  });
});

describe("a caller that has enough", () => {
  /** Says one piece and then waits for the other end to leave. */
  function patient() {
    const closing = new EventEmitter();
    const reply: Reply = (response) => {
      response.on("close", () => closing.emit("close"));
      response.write(delta("Hel"));
    };
    return { reply, closed: once(closing, "close") };
  }

  it("by its signal ends the request and gets the signal's reason, and no listener is left", async () => {
    const { reply, closed } = patient();
    const { url } = await serve(reply);
    const controller = new AbortController();
    const reason = new Error("barge-in");
    const run = async (): Promise<void> => {
      for await (const event of model(url).generate(request, { signal: controller.signal })) {
        expect(event).toEqual({ type: "text-delta", text: "Hel" });
        controller.abort(reason);
      }
    };
    await expect(run()).rejects.toBe(reason);
    await closed;
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("before the head came is not kept waiting, nor is the request tried again", async () => {
    const controller = new AbortController();
    const { url, bodies } = await serve(() => {
      controller.abort(new Error("gone"));
    });
    await expect(generate(url, {}, controller.signal)).rejects.toThrow("gone");
    expect(bodies).toHaveLength(1);
  });

  it("between two attempts stops there", async () => {
    const controller = new AbortController();
    const { url, bodies } = await serve((response) => {
      refuse(503)(response, undefined as never);
      setTimeout(() => {
        controller.abort(new Error("gone"));
      }, 20);
    });
    await expect(generate(url, {}, controller.signal)).rejects.toThrow("gone");
    expect(bodies).toHaveLength(1);
  });

  it("by leaving the loop ends the request", async () => {
    const { reply, closed } = patient();
    const { url } = await serve(reply);
    for await (const event of model(url).generate(request, { signal: idle })) {
      expect(event.type).toBe("text-delta");
      break;
    }
    await closed;
  });

  it("before it began asks nothing", async () => {
    const { url, bodies } = await serve(answer);
    await expect(generate(url, {}, AbortSignal.abort(new Error("early")))).rejects.toThrow("early");
    expect(bodies).toEqual([]);
  });
});
