import { EventEmitter, getEventListeners, once } from "node:events";

import { afterEach, describe, expect, it } from "vitest";

import {
  answer,
  delta,
  DONE,
  generate,
  idle,
  model,
  refuse,
  request,
  serve,
  stopServer,
  stream,
  textOf,
} from "./chat-server.ts";
import type { ChatMessage } from "../../../streaming/index.ts";
import type { Reply } from "./chat-server.ts";

afterEach(stopServer);

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

  it("is shown pictures as parts of a message, and of frames without one the words alone", async () => {
    const { url, bodies } = await serve(answer);
    const frame = { type: "frame", id: "1", embeddings: new Float32Array(4) } as const;
    const text = { type: "text", text: "What is this?" } as const;
    const messages: ChatMessage[] = [
      { role: "user", content: [frame, text] },
      { role: "user", content: [{ ...frame, jpeg: Uint8Array.of(1, 2, 3) }, text] },
    ];
    const events = model(url).generate({ ...request, messages }, { signal: idle });
    for await (const event of events) expect(event.type).not.toBe("prompt-ready");
    expect(bodies[0]).toMatchObject({
      messages: [
        { role: "user", content: [text] },
        {
          role: "user",
          content: [{ type: "image_url", image_url: { url: "data:image/jpeg;base64,AQID" } }, text],
        },
      ],
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
    await model(url).prefill({ seat: "a", messages: [], maxTokens: 32, open: true }, { signal: idle });
    await model(url).releaseSeat("a");
    expect(bodies).toEqual([]);
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
    const { url, bodies } = await serve(async (response, message) => {
      await refuse(503)(response, message);
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
