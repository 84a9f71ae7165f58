import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

import { afterEach, describe, expect, it } from "vitest";

import type { GenerationEvent } from "../../../streaming/index.ts";
import {
  answer,
  delta,
  generate,
  hangUp,
  idle,
  model,
  refuse,
  request,
  serve,
  stopServer,
  stream,
  textOf,
} from "./chat-server.ts";
import type { Reply } from "./chat-server.ts";

afterEach(stopServer);

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
    await stopServer();
    await expect(generate(url)).rejects.toMatchObject({ code: "llm-unavailable" });
  });
});

describe("a server that hangs", () => {
  const silence: Reply = () => undefined;

  it.each([
    ["without a head", silence],
    [
      "with a head only",
      (response: ServerResponse) => {
        response.writeHead(200).flushHeaders();
      },
    ],
  ])("before the first text is given up after the time for the first token, twice: %s", async (_, hang) => {
    const { url, bodies } = await serve(hang);
    await expect(generate(url, { firstTokenTimeoutMs: 50 })).rejects.toMatchObject({ code: "llm-timeout" });
    expect(bodies).toHaveLength(2);
  });

  it("in the middle is given up after the time between tokens, and not asked again", async () => {
    const { url, bodies } = await serve((response) => {
      response.write(delta("Hel"));
    });
    await expect(generate(url, { tokenTimeoutMs: 50 })).rejects.toMatchObject({ code: "llm-timeout" });
    expect(bodies).toHaveLength(1);
  });
});
