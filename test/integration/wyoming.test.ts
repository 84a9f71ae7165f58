import { fileURLToPath } from "node:url";

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { systemClock } from "../../src/clock.ts";
import { encodeEvent } from "../../src/dialects/wyoming/events.ts";
import { createLogger } from "../../src/logging.ts";
import { VoiceServer } from "../../src/server/app.ts";
import { openVoiceSession } from "../../streaming/index.ts";
import { fakeModels, PHRASES } from "../support/fake-models.ts";
import { freePort } from "../support/free-port.ts";
import { pythonWith, runPython } from "../support/python.ts";
import { ScriptedSession } from "../support/scripted-session.ts";
import { testConfig } from "../support/voice-server.ts";
import { openConnection } from "../support/wyoming-connection.ts";

const python = await pythonWith("wyoming==1.10.2");
const client = fileURLToPath(new URL("../support/wyoming-client.py", import.meta.url));

interface Shown {
  readonly type: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly bytes: number;
}

let port: number;
let server: VoiceServer;
let models: ReturnType<typeof fakeModels>;

async function start(overrides: Readonly<Record<string, unknown>> = {}): Promise<void> {
  port = await freePort();
  const config = testConfig({ wyoming: { port }, ...overrides });
  server = await VoiceServer.listen({ config, clock: systemClock, logger: createLogger("silent") });
  models = fakeModels();
  server.open({
    openSession: (options) => openVoiceSession(models, options, systemClock),
    models,
    voiceSampleRate: 22_050,
  });
}

beforeEach(async () => {
  await start();
});
afterEach(async () => {
  await server.close();
});

describe.skipIf(python === undefined)(
  "the wyoming package (skipped where pip or its index is missing)",
  () => {
    const ask = async (flow: string, ...args: string[]): Promise<Shown[]> =>
      (await runPython(python ?? "", client, [`${port}`, flow, ...args])) as Shown[];

    test("learns what is offered, with all that streams", async () => {
      expect(await ask("describe")).toEqual([true, true, true, ["en"], "en_US-joe-medium", "antiphon"]);
    });

    test("gets its ping back", async () => {
      expect(await ask("ping")).toMatchObject([{ type: "pong", data: { text: "hello" } }]);
    });

    test("gets the words of an utterance, in pieces while it goes on and whole at its end", async () => {
      const events = await ask("transcribe", "440");
      expect(events[0]).toMatchObject({ type: "transcript-start" });
      expect(events.slice(-2)).toMatchObject([
        { type: "transcript", data: { text: PHRASES[440] } },
        { type: "transcript-stop" },
      ]);
      const chunks = events.filter(({ type }) => type === "transcript-chunk");
      expect(chunks.length).toBeGreaterThan(1);
      expect(chunks.map(({ data }) => data?.["text"]).join("")).toBe(PHRASES[440]);
    });

    test("gets sound for a text", async () => {
      const events = await ask("synthesize", "Hello there. How are you?");
      expect(events[0]).toMatchObject({ type: "audio-start", data: { rate: 22_050, width: 2, channels: 1 } });
      expect(events.at(-1)).toMatchObject({ type: "audio-stop" });
      const bytes = events.reduce((sum, event) => sum + event.bytes, 0);
      expect(bytes).toBeCloseTo(5 * 0.2 * 22_050 * 2); // five words
    });

    test("gets sound for a text that comes in pieces, and none for the whole that comes beside it", async () => {
      const events = await ask("synthesize-stream", "Hello ", "there. How a", "re you? ", "Fine");
      expect(events.map(({ type }) => type).filter((type) => type !== "audio-chunk")).toEqual([
        "audio-start",
        "audio-stop",
        "synthesize-stopped",
      ]);
      expect(events.reduce((sum, event) => sum + event.bytes, 0)).toBeCloseTo(6 * 0.2 * 22_050 * 2);
      expect(models.synthesizer.requests.map(({ text }) => text)).toEqual([
        "Hello there.",
        "How are you?",
        "Fine",
      ]);
    });

    test("gets a written answer, and another one in the same conversation over a new connection", async () => {
      const events = await ask("handle", PHRASES[440], "kitchen");
      expect(events[0]).toMatchObject({ type: "handled-start" });
      expect(events.slice(-2)).toMatchObject([
        { type: "handled", data: { text: "The capital of France is Paris." } },
        { type: "handled-stop" },
      ]);
      const chunks = events.filter(({ type }) => type === "handled-chunk");
      expect(chunks.map(({ data }) => data?.["text"]).join("")).toBe("The capital of France is Paris.");
      await ask("handle", PHRASES[660], "kitchen");
      const said = models.languageModel.generations.at(-1)?.messages.map(({ content }) => content);
      expect(said).toContain("The capital of France is Paris.");
      await ask("handle", PHRASES[660], "bedroom");
      const elsewhere = models.languageModel.generations.at(-1)?.messages.map(({ content }) => content);
      expect(elsewhere).not.toContain("The capital of France is Paris.");
      expect(models.synthesizer.requests).toEqual([]);
    });
  },
);

const open = (): ReturnType<typeof openConnection> => openConnection(port);

const sound = { rate: 16_000, width: 2, channels: 1 };

test.each([
  ["bytes that are no event", Buffer.from("GET / HTTP/1.1\r\n\r\n"), "message-invalid"],
  ["a line that does not end", Buffer.alloc(70_000, "a"), "frame-too-large"],
  ["text pieces before their start", encodeEvent("synthesize-chunk", { text: "a" }), "message-invalid"],
  ["the end of sound that never began", encodeEvent("audio-stop"), "message-invalid"],
  ["8-bit sound", encodeEvent("audio-start", { ...sound, width: 1 }), "message-invalid"],
  ["half a sample", encodeEvent("audio-chunk", sound, new Uint8Array(3)), "frame-invalid"],
  ["a text without an end", encodeEvent("synthesize", { text: "a".repeat(10_000) }), "text-too-long"],
  [
    "sound that changes its rate",
    Buffer.concat([
      encodeEvent("audio-start", sound),
      encodeEvent("audio-chunk", { ...sound, rate: 8000 }, new Uint8Array(2)),
    ]),
    "frame-invalid",
  ],
])("%s is answered with an error, and ends this connection only", async (_name, bytes, code) => {
  const other = await open();
  const bad = await open();
  bad.socket.write(bytes);
  await bad.closed;
  expect(bad.received).toMatchObject([{ type: "error", data: { code } }]);
  other.socket.write(encodeEvent("describe"));
  await expect.poll(() => other.received).toMatchObject([{ type: "info" }]);
  other.socket.destroy();
});

test("a question that nobody can read is not handled, and says why", async () => {
  const { socket, received } = await open();
  socket.write(encodeEvent("transcript", { text: "\u0007" }));
  await expect.poll(() => received).toMatchObject([{ type: "not-handled" }]);
  socket.destroy();
});

test("a question that comes before the one before it is answered gets its own answer, not the other's end", async () => {
  await server.close();
  port = await freePort();
  const config = testConfig({ wyoming: { port } });
  server = await VoiceServer.listen({ config, clock: systemClock, logger: createLogger("silent") });
  server.open({ openSession: () => new ScriptedSession(), voiceSampleRate: 22_050 });
  const ask = async (text: string) => {
    const { socket, received } = await open();
    socket.write(encodeEvent("transcript", { text, context: { conversation_id: "kitchen" } }));
    const next = (type: string) => expect.poll(() => received.map((event) => event.type)).toContain(type);
    return { received, next };
  };
  await (await ask("one")).next("handled-stop"); // from now on it is known which conversation the kitchen's is
  const second = await ask("two");
  await second.next("handled-start");
  const third = await ask("three");
  await third.next("handled-stop");
  expect(third.received).toMatchObject([
    { type: "handled-start" },
    { type: "handled-chunk", data: { text: "You said: three" } },
    { type: "handled" },
    { type: "handled-stop" },
  ]);
  expect(second.received.at(-1)).toMatchObject({ type: "not-handled" });
});

test("a client that closes its side after asking still gets its answer", async () => {
  const { socket, received, closed } = await open();
  socket.end(encodeEvent("synthesize", { text: "Hello" }));
  await closed;
  expect(received.at(-1)).toMatchObject({ type: "audio-stop" });
});

test("a client that hangs up is not spoken to any longer", async () => {
  const { socket, received } = await open();
  socket.write(encodeEvent("synthesize", { text: "word ".repeat(700) }));
  await expect.poll(() => received.length).toBeGreaterThan(2);
  socket.destroy();
  const spoken = models.synthesizer.requests.length;
  await expect
    .poll(async () => {
      const before = models.synthesizer.requests.length;
      await systemClock.sleep(50, new AbortController());
      return models.synthesizer.requests.length - before;
    })
    .toBe(0);
  expect(models.synthesizer.requests.length).toBeLessThan(spoken + 10);
});

test("while the models are loading, what is offered is told and nothing else is done", async () => {
  await server.close();
  port = await freePort();
  const config = testConfig({ wyoming: { port } });
  server = await VoiceServer.listen({ config, clock: systemClock, logger: createLogger("silent") });
  const { socket, received, closed } = await open();
  socket.write(encodeEvent("describe"));
  socket.write(encodeEvent("transcript", { text: "Hello" }));
  socket.write(encodeEvent("synthesize", { text: "Hello" }));
  await closed;
  expect(received).toMatchObject([
    { type: "info" },
    { type: "not-handled" },
    { type: "error", data: { code: "not-ready" } },
  ]);
});

test("a taken port is named when the server starts", async () => {
  const config = testConfig({ wyoming: { port } });
  const second = VoiceServer.listen({ config, clock: systemClock, logger: createLogger("silent") });
  await expect(second).rejects.toMatchObject({
    code: "port-in-use",
    message: expect.stringContaining("wyoming.port") as string,
  });
});

test("no bytes end the server", async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(
        fc.constantFrom("transcribe", "audio-start", "audio-chunk", "audio-stop", "synthesize-start", "ping"),
        fc.oneof(fc.constant(sound), fc.dictionary(fc.string(), fc.jsonValue())),
        fc.uint8Array({ maxLength: 64 }),
      )
      .map(([type, data, payload]) => encodeEvent(type, data, payload)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
      const { socket, closed } = await open();
      for (const bytes of pieces) socket.write(bytes);
      socket.end();
      socket.resume();
      await closed;
    }),
    { numRuns: 50 },
  );
  const { socket, received } = await open();
  socket.write(encodeEvent("describe"));
  await expect.poll(() => received).toMatchObject([{ type: "info" }]);
  socket.destroy();
});
