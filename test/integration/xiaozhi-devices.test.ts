import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";

import { afterEach, describe, expect, test } from "vitest";

import { FakePictureDecoder, FakeSight, FakeTextReader } from "../../models/fakes/index.ts";
import { haveOpus } from "../support/opus.ts";
import { RawClient } from "../support/raw-client.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { BoardServer } from "../support/xiaozhi-server.ts";
import type { BoardTool, XiaozhiBoard } from "../support/xiaozhi-board.ts";

const DEVICE = { "Device-Id": "24:0A:C4:00:00:01", "Client-Id": "9a0b6c1e-0000-4000-8000-000000000001" };
const SYSTEM = JSON.stringify({ application: { version: "2.0.3" }, board: { type: "bread-compact-wifi" } });

let server: BoardServer | undefined;
const start = async (...settings: Parameters<typeof BoardServer.start>): Promise<BoardServer> =>
  (server = await BoardServer.start(...settings));

afterEach(async () => {
  await server?.close();
});

async function provision(
  origin: string,
  path = "/xiaozhi/ota/",
): Promise<Record<string, Record<string, unknown>>> {
  const headers = { ...DEVICE, "Content-Type": "application/json", "Activation-Version": "1" };
  const response = await fetch(`${origin}${path}`, { method: "POST", headers, body: SYSTEM });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, Record<string, unknown>>;
}

/** Of a request with any headers: fetch says by itself which host it asks. */
async function statusOf(
  url: string,
  method: string,
  headers: Record<string, string>,
): Promise<number | undefined> {
  const asked = request(url, { method, headers }).end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

describe("where a board asks when it starts", () => {
  test("it is told what its firmware reads, and nothing that would lead it elsewhere", async () => {
    const { origin, socketUrl } = await start();
    const told = await provision(origin);
    expect(Object.keys(told).sort()).toEqual(["firmware", "server_time", "websocket"]);
    expect(told["firmware"]).toEqual({ version: "2.0.3", url: "" });
    expect(told["websocket"]).toEqual({ url: socketUrl, token: expect.any(String) as string, version: 1 });
    const { timestamp, timezone_offset: offset } = told["server_time"]!;
    expect(Math.abs(Number(timestamp) - Date.now())).toBeLessThan(60_000);
    expect(offset).toBe(0 - new Date().getTimezoneOffset());
  });

  test("it is led to the address that the configuration names", async () => {
    const devices = { address: "https://home.example.org/" };
    const { origin } = await start({ config: { devices } });
    expect((await provision(origin))["websocket"]).toMatchObject({
      url: "wss://home.example.org/xiaozhi/v1/",
    });
  });

  test("it gets a token as soon as its secret can be kept, even where it could not be at first", async () => {
    const inTheWay = join(await temporaryFolder(), "devices");
    await writeFile(inTheWay, "");
    const { origin } = await start({ config: { devices: { folder: inTheWay } } });
    const failed = await fetch(`${origin}/xiaozhi/ota/`, { method: "POST", headers: DEVICE });
    expect(failed.status).toBe(500);
    await rm(inTheWay);
    expect((await provision(origin))["websocket"]).toMatchObject({ token: expect.any(String) as string });
  });

  test("a person who looks is told whether it works; who does not say who they are, nothing", async () => {
    const { origin, socketUrl } = await start();
    expect(await (await fetch(`${origin}/xiaozhi/ota/`)).text()).toContain(socketUrl);
    expect((await fetch(`${origin}/xiaozhi/ota/`, { method: "POST" })).status).toBe(400);
    const headers = { ...DEVICE, "Content-Type": "application/json" };
    for (const body of ["{", "[".repeat(50_000), "x".repeat(70_000)]) {
      const { status } = await fetch(`${origin}/xiaozhi/ota/`, { method: "POST", headers, body });
      expect([400, 413]).toContain(status);
    }
    expect((await fetch(`${origin}/health`)).status).toBe(200);
  });
});

describe.skipIf(!haveOpus)("a board that is known (skipped where the Opus addon is missing)", () => {
  test("comes in with the token that it got, and with no other where keys are asked for", async () => {
    const there = await start({ config: { apiKeys: ["house-key"] } });
    const refused = await fetch(`${there.origin}/xiaozhi/ota/`, { method: "POST", headers: DEVICE });
    expect(refused.status).toBe(401);
    const told = await provision(there.origin, "/xiaozhi/ota/?api_key=house-key");
    const token = String(told["websocket"]!["token"]);
    await there.board({ token });
    await expect(there.board()).rejects.toThrow(/1008.*"alert".*"unauthorized"/u);
    await expect(there.board({ token: `${token}1` })).rejects.toThrow(/unauthorized/u);
    await expect(there.board({ token, deviceId: "24:0a:c4:00:00:02" })).rejects.toThrow(/unauthorized/u);
  });

  test("with a token that is wrong is refused where none is asked for, too", async () => {
    const there = await start();
    await expect(there.board({ token: "wrong" })).rejects.toThrow(/1008.*unauthorized/u);
  });

  test("knows tomorrow what it was asked to remember, until it is told to forget", async () => {
    const there = await start({ config: { limits: { resumeMs: 1 } } });
    const memory = `${there.origin}/xiaozhi/devices/24:0A:C4:00:00:01/memory`;
    const first = await there.board();
    first.detect("Remember that my name is Anna.");
    await first.ttsState("stop");
    first.close();
    await first.closed();
    await expect.poll(async () => await (await fetch(memory)).json()).toEqual({ facts: ["my name is Anna"] });
    await new Promise((resolve) => setTimeout(resolve, 50)); // its conversation is over
    const again = await there.board();
    again.detect("Who am I?");
    await again.ttsState("stop");
    const [system] = there.models.languageModel.generations.at(-1)!.messages;
    expect(system?.content).toContain("my name is Anna");
    expect((await fetch(memory, { method: "DELETE" })).status).toBe(204);
    expect(await (await fetch(memory)).json()).toEqual({ facts: [] });
  });

  test("shows nobody what it remembers without a key, where keys are asked for", async () => {
    const { origin } = await start({ config: { apiKeys: ["house-key"] } });
    const memory = `${origin}/xiaozhi/devices/a/memory`;
    expect((await fetch(memory)).status).toBe(401);
    expect((await fetch(memory, { method: "DELETE" })).status).toBe(401);
    const headers = { Authorization: "Bearer house-key" };
    expect((await fetch(memory, { headers })).status).toBe(200);
  });

  test.each(["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"])(
    "shows what it remembers to nobody elsewhere, for whom a proxy on this machine asks (%s)",
    async (name) => {
      const { origin } = await start();
      const memory = `${origin}/xiaozhi/devices/a/memory`;
      const headers = { [name]: "192.0.2.7" };
      expect((await fetch(memory, { headers })).status).toBe(401);
      expect((await fetch(memory, { method: "DELETE", headers })).status).toBe(401);
      expect((await fetch(memory)).status).toBe(200);
    },
  );

  test.each([
    ["whose name was made to resolve to here", { Host: "rebound.example.org" }],
    ["of somebody else", { Origin: "https://page.example.org" }],
    ["of another server on this machine", { Origin: "http://localhost:3000" }],
  ])("neither shows what it remembers to a page %s nor lets it be forgotten", async (_name, headers) => {
    const { origin } = await start();
    const memory = `${origin}/xiaozhi/devices/a/memory`;
    const own = { Host: new URL(origin).host };
    for (const method of ["GET", "DELETE"]) {
      expect(await statusOf(memory, method, headers)).toBe(401);
      expect(await statusOf(memory, method, { ...own, Origin: origin })).toBeLessThan(300);
    }
  });

  test("that connects twice is one board: the older connection is over", async () => {
    const there = await start();
    const first = await there.board();
    const second = await there.board();
    expect(await first.closed()).toBe(1008);
    second.detect("Are you there?");
    await second.ttsState("stop");
  });
});

const schema = { type: "object", properties: {} };
const padding = (index: number): BoardTool => ({
  name: `self.padding.number_${index}`,
  description: "x".repeat(900),
  inputSchema: schema,
  run: () => Promise.resolve(true),
});

describe.skipIf(!haveOpus)("a home full of boards (skipped where the Opus addon is missing)", () => {
  test("has room for twenty and the page besides, without being told to", async () => {
    const there = await start();
    const boards: XiaozhiBoard[] = [];
    for (let index = 0; index < 20; index++) boards.push(await there.board({ deviceId: `board-${index}` }));
    const page = await RawClient.talk(there.server.url);
    for (const board of [boards[0], boards[19]]) {
      board?.detect("Hello");
      await board?.ttsState("stop");
    }
    expect(page.all("error")).toEqual([]);
    expect(boards.flatMap((board) => board.all("alert"))).toEqual([]);
  });
});

describe.skipIf(!haveOpus)("what a board can do (skipped where the Opus addon is missing)", () => {
  test("is done when the language model wants it: from all pages of its tools, and none that are the user's only", async () => {
    const there = await start();
    const volumes: unknown[] = [];
    const volume: BoardTool = {
      name: "self.audio_speaker.set_volume",
      description: "Set the volume.",
      inputSchema: { type: "object", properties: { volume: { type: "integer" } }, required: ["volume"] },
      run: ({ volume: value }) => {
        volumes.push(value);
        return Promise.resolve(true);
      },
    };
    const reboot = { ...padding(99), name: "self.reboot", userOnly: true };
    const tools = [reboot, ...Array.from({ length: 12 }, (_, index) => padding(index)), volume];
    there.models.languageModel.answer = (words) =>
      words === "true"
        ? "It is at thirty now."
        : { calls: [{ name: "self_audio_speaker_set_volume", arguments: '{"volume":30}' }] };
    const made = await there.board({ tools });
    await expect.poll(() => made.all("mcp").length).toBe(4); // initialize, its notification, two pages
    made.detect("Set the volume to thirty.");
    await made.ttsState("stop");
    expect(volumes).toEqual([30]);
    expect(made.all("tts").flatMap(({ text }) => text ?? [])).toEqual(["It is at thirty now."]);
    const offered = there.models.languageModel.generations.at(0)?.tools?.map(({ name }) => name) ?? [];
    expect(offered).toHaveLength(15); // with those of its memory
    expect(offered).not.toContain("self_reboot");
  });

  test("is to take a photo, which the conversation looks at and keeps in its context", async () => {
    const decoder = new FakePictureDecoder();
    // The fake decoder takes each byte for grey, and a JPEG begins with what it calls damaged.
    decoder.decode = async (bytes, options) =>
      await new FakePictureDecoder().decode(bytes.subarray(2), options);
    const sight = {
      decoder,
      sight: new FakeSight((grey) => (grey === 7 ? "cat" : "dog")),
      reader: new FakeTextReader(),
    };
    const there = await start({ sight });
    const camera: BoardTool = {
      name: "self.camera.take_photo",
      description: "Take a photo and explain it.",
      inputSchema: { type: "object", properties: { question: { type: "string" } } },
      run: async ({ question }, device) =>
        await device.explain(Uint8Array.of(0xff, 0xd8, 7, 7), String(question)),
    };
    there.models.languageModel.answer = (words) =>
      words.includes("cat 90 %")
        ? "I see a cat."
        : { calls: [{ name: "self_camera_take_photo", arguments: '{"question":"What is it?"}' }] };
    const made = await there.board({ tools: [camera] });
    await expect.poll(() => made.all("mcp").length).toBe(3);
    made.detect("What is in front of you?");
    await made.ttsState("stop");
    expect(made.all("tts").flatMap(({ text }) => text ?? [])).toEqual(["I see a cat."]);
    made.detect("And now?");
    await made.ttsState("stop", 2);
    const messages = JSON.stringify(there.models.languageModel.generations.at(-1)!.messages);
    expect(messages).toContain('"type":"frame"');
  });

  test("sends pictures while it is connected only, photos only, and not without end", async () => {
    const there = await start();
    const made = await there.board();
    await expect.poll(() => made.vision?.url).toBe(`${there.origin}/xiaozhi/vision/explain`);
    const jpeg = Uint8Array.of(0xff, 0xd8, 1);
    expect(JSON.parse(await made.explain(jpeg, "what?"))).toMatchObject({
      success: true,
      action: "RESPONSE",
    });
    await expect(made.explain(jpeg, "what?", "wrong")).rejects.toThrow("401");
    await expect(made.explain(Uint8Array.of(1, 2, 3), "what?")).rejects.toThrow("400");
    const huge = new Uint8Array(2 ** 21 + 1).fill(0xff);
    huge[1] = 0xd8;
    await expect(made.explain(huge, "what?")).rejects.toThrow("413");
    const flood = Array.from({ length: 12 }, () => made.explain(jpeg, "what?"));
    const outcomes = (await Promise.allSettled(flood)).map((outcome) =>
      outcome.status === "rejected" ? String(outcome.reason) : "taken",
    );
    expect(outcomes.filter((outcome) => outcome.includes("429")).length).toBeGreaterThan(0);
    made.close();
    await made.closed();
    await expect(made.explain(jpeg, "what?")).rejects.toThrow("401");
  });
});
