import { once } from "node:events";
import { connect } from "node:net";

import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";

import { errorBodySchema } from "../../src/dialects/openai-http/errors.ts";
import { startOpenAiServer } from "../support/openai-http-server.ts";

let started: Awaited<ReturnType<typeof startOpenAiServer>>;

afterEach(async () => {
  await started.server.close();
});

async function post(
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  type = "application/json",
): Promise<Response> {
  return await fetch(`${started.baseURL}${path}`, {
    method: "POST",
    headers: { "content-type": type },
    body,
  });
}

async function expectRefusal(response: Response, status: number): Promise<void> {
  expect(response.status).toBe(status);
  expect(errorBodySchema.safeParse(await response.json()).success).toBe(true);
}

const PATHS = ["/audio/speech", "/audio/transcriptions", "/chat/completions"];

describe("bad input", () => {
  it("is refused in the API's form, whatever it is, and leaves the server alive", async () => {
    started = await startOpenAiServer();
    const types = [
      "application/json",
      "multipart/form-data; boundary=a",
      "multipart/form-data",
      "text/plain",
    ];
    const part = '--a\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n';
    const body = fc.oneof(
      fc.json(),
      fc.string(),
      fc.string().map((text) => `${part}${text}\r\n--a--\r\n`),
      fc.string().map((text) => `${part}RIFF${text}`),
      fc.uint8Array({ max: 255 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...PATHS),
        body,
        fc.constantFrom(...types),
        async (path, sent, type) => {
          const bytes = typeof sent === "string" ? sent : Uint8Array.from(sent);
          const response = await post(path, bytes, type);
          expect([400, 413, 415]).toContain(response.status);
          expect(errorBodySchema.safeParse(await response.json()).success).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
    expect((await fetch(`${started.origin}/health`)).status).toBe(200);
  });

  it("is not read beyond the limits", async () => {
    started = await startOpenAiServer({ limits: { maxUploadBytes: 1000 } });
    const form = new FormData();
    form.append("file", new Blob([new Uint8Array(5000)]), "a.wav");
    const response = await fetch(`${started.baseURL}/audio/transcriptions`, { method: "POST", body: form });
    await expectRefusal(response, 413);
    await expectRefusal(await post("/audio/speech", JSON.stringify({ input: "a".repeat(2 ** 21) })), 413);
    await expectRefusal(await post("/audio/speech", JSON.stringify({ input: "a".repeat(4097) })), 400);
  });

  it("that comes too slowly is cut off", async () => {
    started = await startOpenAiServer({ limits: { requestTimeoutMs: 1000, helloTimeoutMs: 1000 } });
    const { hostname, port } = new URL(started.origin);
    const socket = connect(Number(port), hostname);
    socket.write(
      "POST /v1/audio/speech HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{",
    );
    socket.resume();
    await once(socket, "close");
  });

  it("from another origin's page is refused, unless that is allowed", async () => {
    started = await startOpenAiServer({ allowedOrigins: ["https://friend.example"] });
    const ask = (origin: string): Promise<Response> =>
      fetch(`${started.baseURL}/models`, { headers: { origin } });
    await expectRefusal(await ask("https://evil.example"), 403);
    const friendly = await ask("https://friend.example");
    expect(friendly.status).toBe(200);
    expect(friendly.headers.get("access-control-allow-origin")).toBe("https://friend.example");
  });
});

describe("a server with much to do", () => {
  it("stops working for a client that has hung up", async () => {
    started = await startOpenAiServer();
    const { languageModel } = started.models;
    let asked = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      asked = resolve;
    });
    languageModel.answer = () => {
      asked();
      return "word ".repeat(200_000);
    };
    const controller = new AbortController();
    const body = JSON.stringify({ stream: true, messages: [{ role: "user", content: "Talk" }] });
    const headers = { "content-type": "application/json" };
    const call = fetch(`${started.baseURL}/chat/completions`, {
      method: "POST",
      headers,
      body,
      signal: controller.signal,
    });
    await begun;
    controller.abort();
    await expect(call.then((response) => response.text())).rejects.toThrow();
    await expect.poll(() => languageModel.aborted).toBe(1);
    expect(languageModel.releasedSeats).toHaveLength(1);
  });

  it("tells more than it can work for to come back", async () => {
    started = await startOpenAiServer({ limits: { maxRequests: 1 } });
    const { hostname, port } = new URL(started.origin);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    socket.write(
      "POST /v1/audio/speech HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{",
    );
    await expect.poll(async () => (await post("/audio/speech", "{}")).status).toBe(429);
    const refused = await post("/audio/speech", "{}");
    expect(refused.headers.get("retry-after")).toBe("1");
    await expectRefusal(refused, 429);
    socket.destroy();
    await expect.poll(async () => (await post("/audio/speech", "{}")).status).toBe(400);
  });

  it("says that it is not ready until it is", async () => {
    started = await startOpenAiServer({}, { open: false });
    const response = await post("/audio/speech", JSON.stringify({ input: "Hello" }));
    expect(response.headers.get("retry-after")).toBe("5");
    await expectRefusal(response, 503);
  });

  it("tells in the stream what went wrong in the middle of it", async () => {
    started = await startOpenAiServer();
    started.models.languageModel.answer = () => new Error("the model broke");
    const body = JSON.stringify({ stream: true, messages: [{ role: "user", content: "Talk" }] });
    const response = await post("/chat/completions", body);
    const text = await response.text();
    expect(text).toContain('"content":"Well"');
    expect(text).toContain('"error":{');
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });
});
