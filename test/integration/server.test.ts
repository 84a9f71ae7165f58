import { connect } from "node:net";

import { afterEach, expect, test } from "vitest";

import { tone } from "../../models/fakes/index.ts";
import type { WorkerFigures } from "../../models/runtime/worker-host.ts";
import type { VoiceServer } from "../../src/server/app.ts";
import { Channel, type SessionEvent, type SessionOptions } from "../../streaming/index.ts";
import { HELLO, RawClient } from "../support/raw-client.ts";
import { ScriptedSession } from "../support/scripted-session.ts";
import { startServer } from "../support/voice-server.ts";

let server: VoiceServer | undefined;
let sessions: ScriptedSession[] = [];
let options: SessionOptions[] = [];

async function start(limits: Readonly<Record<string, unknown>> = {}): Promise<VoiceServer> {
  sessions = [];
  options = [];
  server = await startServer(
    (given) => {
      options.push(given);
      const session = new ScriptedSession(100);
      sessions.push(session);
      return session;
    },
    { limits },
  );
  return server;
}

afterEach(async () => {
  await server?.close();
});

/** The conversation still works: a question gets its answer. */
async function expectAlive(client: RawClient): Promise<void> {
  client.send({ type: "text", text: "are you there" });
  expect((await client.next("answer-end")).outcome).toBe("completed");
}

test("a client's settings reach its conversation: those of hello, of later, and of a hello that resumes", async () => {
  const { url } = await start();
  const client = await RawClient.talk(url, { ...HELLO, settings: { speed: 1.5 } });
  client.send({ type: "settings", systemPrompt: "Be kind." });
  client.send({ type: "settings", speed: 9 });
  expect(await client.next("error")).toMatchObject({ code: "message-invalid", fatal: false });
  const { session } = await client.next("ready");
  await RawClient.talk(url, { ...HELLO, resume: session, settings: { speed: 0.8 } });
  const wishes = sessions.flatMap(({ inputs }) => inputs.filter(({ type }) => type === "configure"));
  expect(wishes).toMatchObject([{ settings: { systemPrompt: "Be kind." } }, { settings: { speed: 0.8 } }]);
  expect(options[0]).toMatchObject({ speed: 1.5 });
});

test("who begins in writing has a session like any other, which is told so", async () => {
  const { url } = await start();
  const client = await RawClient.talk(url, { ...HELLO, settings: { spoken: false, speed: 1.5 } });
  client.send({ type: "settings", spoken: true });
  await expectAlive(client);
  expect(options[0]).toMatchObject({ speed: 1.5 });
  expect(options[0]).not.toHaveProperty("spoken");
  const told = sessions[0]?.inputs.flatMap((input) => (input.type === "configure" ? [input.settings] : []));
  expect(told?.map(({ spoken }) => spoken)).toEqual([false, true]);
});

test("sound of a stopped answer that a session lets go too late is not sent", async () => {
  const events = new Channel<SessionEvent>({ capacity: 100, overflow: "fail" });
  const audio = (turn: number): SessionEvent => {
    const samples = tone(220, 20, 22_050);
    return { type: "answer-audio", turn, frame: { samples, sampleRate: 22_050 } };
  };
  const end = {
    outcome: "interrupted",
    text: "",
    timings: { revisions: 0, discarded: 0, discardedMs: 0 },
  } as const;
  server = await startServer(() => ({
    push: () => {
      events.push({ type: "transcript-end", turn: 1, text: "" });
      events.push({ type: "answer-end", turn: 1, ...end });
      for (let frame = 0; frame < 5; frame++) events.push(audio(1));
      for (let frame = 0; frame < 5; frame++) events.push(audio(2));
      events.push({ type: "audio-end", turn: 2 });
      events.push({ type: "answer-end", turn: 2, ...end, outcome: "completed" });
    },
    events: (options) => events.read(options),
    close: async () => {
      await Promise.resolve();
      events.close();
    },
  }));
  const client = await RawClient.talk(server.url);
  client.send({ type: "interrupt" });
  await client.next("answer-end", ({ turn }) => turn === 2);
  expect(client.all("frame").map(({ turn }) => turn)).toEqual([2, 2, 2, 2, 2]);
});

test("a client that connects while the models load may say hello once they are there", async () => {
  server = await startServer(undefined);
  const [early, patient] = [await RawClient.connect(server.url), await RawClient.connect(server.url)];
  early.send(HELLO);
  expect((await early.next("error")).code).toBe("not-ready");
  server.open({ openSession: () => new ScriptedSession(100), voiceSampleRate: 22_050 });
  patient.send(HELLO);
  await patient.next("ready");
  await expectAlive(patient);
});

test("a taken port is named, with what to do", async () => {
  const { pageUrl } = await start();
  const port = Number(new URL(pageUrl).port);
  await expect(startServer(undefined, { port })).rejects.toMatchObject({
    code: "port-in-use",
    message: expect.stringContaining(`port ${port}`) as string,
  });
});

test("says goodbye with 1001 and closes every conversation", async () => {
  const running = await start();
  const client = await RawClient.talk(running.url);
  const hanging = await RawClient.connect(running.url);
  await running.close();
  expect([await client.closed(), await hanging.closed()]).toEqual([1001, 1001]);
  expect(client.all("error")).toMatchObject([{ code: "shutting-down" }]);
  expect(sessions[0]?.closed).toBe(true);
  server = undefined;
});

test("half a request is not waited for", async () => {
  const running = await start({ helloTimeoutMs: 300 });
  const { hostname, port } = new URL(running.pageUrl);
  const socket = connect(Number(port), hostname);
  socket.write("GET /v1/conversation HTTP/1.1\r\nHost: x\r\nUpgr");
  const reply = await new Promise<string>((resolve) => {
    let text = "";
    socket.on("data", (data) => (text += data.toString()));
    socket.on("close", () => {
      resolve(text);
    });
  });
  expect(reply).toContain("408");
});

test("says that it is not ready while a worker is dead, and which engines are missing", async () => {
  const speaking: Omit<WorkerFigures, "state"> = {
    ...{ worker: "speaking", engines: ["voice"], restarts: 1 },
    ...{ running: 0, waiting: 1, stepsByDuration: [3], stepsMs: 2 },
  };
  let state: WorkerFigures["state"] = "starting";
  server = await startServer(undefined);
  const { pageUrl } = server;
  server.open({
    openSession: () => new ScriptedSession(100),
    voiceSampleRate: 22_050,
    workers: () => [{ ...speaking, state }],
  });
  const get = async (path: string): Promise<Response> => await fetch(new URL(path, pageUrl));
  const impaired = await get("/ready");
  expect(impaired.status).toBe(503);
  expect(await impaired.json()).toEqual({
    status: "impaired",
    down: [{ worker: "speaking", engines: ["voice"], state: "starting" }],
  });
  expect(await (await get("/metrics")).text()).toContain('antiphon_worker_up{worker="speaking"} 0');
  state = "ready";
  expect((await get("/ready")).status).toBe(200);
});

test("tells its health, its readiness and its numbers", async () => {
  const { pageUrl, url } = await start();
  const client = await RawClient.talk(url);
  await expectAlive(client);
  client.send("nonsense");
  await client.next("error");
  const get = async (path: string): Promise<string> => await (await fetch(new URL(path, pageUrl))).text();
  expect(await get("/health")).toBe('{"status":"alive"}');
  expect(await get("/ready")).toBe('{"status":"ready"}');
  expect(await get("/")).toContain("<title>Antiphon</title>");
  const metrics = await get("/metrics");
  expect(metrics).toContain("antiphon_sessions 1");
  expect(metrics).toContain('antiphon_turns_total{outcome="completed"} 1');
  expect(metrics).toContain('antiphon_stage_ms_count{stage="firstAudio"} 1');
  expect(metrics).toContain('antiphon_errors_total{code="message-invalid"} 1');
  expect(metrics).toMatch(/nodejs_eventloop_lag_p99_seconds \d/u);
  expect(metrics).toMatch(/process_resident_memory_bytes \d/u);
  expect(metrics).not.toContain("are you there");
});

test("a page of an origin that is allowed may read how the server is, others may not", async () => {
  server = await startServer(undefined, { allowedOrigins: ["https://friend.example"] });
  const { pageUrl } = server;
  const readers = await Promise.all(
    ["https://friend.example", "https://other.example", undefined].map(async (origin) => {
      const headers = origin === undefined ? {} : { origin };
      return (await fetch(new URL("/ready", pageUrl), { headers })).headers.get(
        "access-control-allow-origin",
      );
    }),
  );
  expect(readers).toEqual(["https://friend.example", null, null]);
});
