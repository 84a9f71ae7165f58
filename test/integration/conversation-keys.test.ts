import { afterEach, expect, test } from "vitest";

import type { VoiceServer } from "../../src/server/app.ts";
import { HELLO, RawClient } from "../support/raw-client.ts";
import { ScriptedSession } from "../support/scripted-session.ts";
import { startServer } from "../support/voice-server.ts";

let server: VoiceServer;
afterEach(async () => {
  await server.close();
});

const start = async (apiKeys: readonly string[]): Promise<string> => {
  server = await startServer(() => new ScriptedSession(), { apiKeys });
  return server.url;
};

/** As a proxy on this machine asks for somebody elsewhere. */
const ELSEWHERE = { "X-Forwarded-For": "192.0.2.7" };

async function isLetIn(url: string, headers: Record<string, string>): Promise<boolean> {
  const client = await RawClient.connect(url, headers);
  client.send(HELLO);
  if (await client.next("ready").catch(() => undefined)) return true;
  expect(client.all("error")).toMatchObject([{ code: "unauthorized", fatal: true }]);
  expect(await client.closed()).toBe(1008);
  return false;
}

test("where keys are asked for, nobody elsewhere begins a conversation without one, whatever page they come from", async () => {
  const url = await start(["house-key"]);
  const origin = new URL(server.pageUrl).origin;
  expect(await isLetIn(url, ELSEWHERE)).toBe(false);
  expect(await isLetIn(url, { ...ELSEWHERE, Origin: origin })).toBe(false);
  expect(await isLetIn(url, { ...ELSEWHERE, Authorization: "Bearer another" })).toBe(false);
  expect(await isLetIn(`${url}?api_key=another`, ELSEWHERE)).toBe(false);
});

test("a key that comes as a subprotocol, of which none is agreed, lets nobody in", async () => {
  const protocols = { "Sec-WebSocket-Protocol": "openai-insecure-api-key.house-key" };
  expect(await isLetIn(await start(["house-key"]), { ...ELSEWHERE, ...protocols })).toBe(false);
});

test("a key is shown as programs can, or as pages can", async () => {
  const url = await start(["house-key"]);
  expect(await isLetIn(url, { ...ELSEWHERE, Authorization: "Bearer house-key" })).toBe(true);
  expect(await isLetIn(`${url}?api_key=house-key`, ELSEWHERE)).toBe(true);
});

test("people and programs on this machine itself need no key", async () => {
  const url = await start(["house-key"]);
  expect(await isLetIn(url, {})).toBe(true);
  expect(await isLetIn(url, { Origin: new URL(server.pageUrl).origin })).toBe(true);
});

test("where no keys are asked for, nobody needs one", async () => {
  expect(await isLetIn(await start([]), ELSEWHERE)).toBe(true);
});
