import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { RealtimeAgent, RealtimeSession, tool } from "@openai/agents/realtime";
import OpenAI from "openai";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";

import { floatsToPcm16 } from "../../audio/index.ts";
import { PHRASES } from "../support/fake-models.ts";
import { pythonWith, runPython } from "../support/python.ts";
import { asPcm24 } from "../support/realtime-client.ts";
import { PICTURE, PICTURE_URL, spokenPhrase, startRealtimeServer } from "../support/realtime-server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tlsProxy } from "../support/tls-proxy.ts";

/** The first time the Python client has to be installed. */
const INSTALL_MS = 500_000;

/** The stock clients hold a spoken conversation with a tool call, a picture and an interruption. */

const LONG = Array.from({ length: 40 }, (_, index) => `word${index}`).join(" ");

function scripted(question: string) {
  switch (question) {
    case PHRASES[440]:
      return { calls: [{ name: "get_capital", arguments: '{"country":"France"}' }] };
    case "Paris":
      return "It is Paris.";
    case "Tell me a story.":
      return `${LONG}.`;
    default:
      return "A banana is yellow.";
  }
}

const TOOL = {
  type: "function",
  name: "get_capital",
  description: "Tells the capital of a country.",
  parameters: { type: "object", properties: { country: { type: "string" } }, required: ["country"] },
} as const;

test("OpenAI's JavaScript client talks, runs a tool, shows a picture and interrupts, over TLS", async ({
  skip,
}) => {
  const { server, models } = await startRealtimeServer();
  models.languageModel.answer = scripted;
  const proxy = await tlsProxy(server.url);
  if (proxy === undefined) return skip("openssl is missing");
  const openai = new OpenAI({ apiKey: "none", baseURL: `https://127.0.0.1:${proxy.port}/v1` });
  const client = new OpenAIRealtimeWS({ model: "antiphon", options: { ca: proxy.ca } }, openai);
  onTestFinished(() => {
    client.close();
  });
  const errors: unknown[] = [];
  client.on("error", (error) => errors.push(error));
  const transcripts: string[] = [];
  client.on("response.output_audio_transcript.done", ({ transcript }) => transcripts.push(transcript));
  const statuses: unknown[] = [];
  client.on("response.done", ({ response }) => statuses.push(response.status));
  client.on("response.output_item.done", ({ item }) => {
    if (item.type !== "function_call") return;
    expect(JSON.parse(item.arguments)).toEqual({ country: "France" });
    const output = { type: "function_call_output", call_id: item.call_id ?? "", output: "Paris" } as const;
    client.send({ type: "conversation.item.create", item: output });
  });
  client.on("response.done", ({ response }) => {
    if (response.output?.some(({ type }) => type === "function_call") === true)
      client.send({ type: "response.create" });
  });
  await new Promise((resolve) => {
    client.on("session.created", resolve);
  });
  client.send({ type: "session.update", session: { type: "realtime", tools: [TOOL] } });
  client.send({ type: "input_audio_buffer.append", audio: asPcm24(spokenPhrase(440)) });
  await expect.poll(() => transcripts).toEqual(["It is Paris."]);
  await expect.poll(() => statuses).toEqual(["completed", "completed"]);

  const content = [
    { type: "input_image", image_url: PICTURE_URL },
    { type: "input_text", text: "Tell me a story." },
  ] as const;
  client.send({
    type: "conversation.item.create",
    item: { type: "message", role: "user", content: [...content] },
  });
  let pieces = 0;
  client.on("response.output_audio.delta", () => {
    pieces += 1;
  });
  client.send({ type: "response.create" });
  await expect.poll(() => pieces).toBeGreaterThan(60);
  expect(models.languageModel.generations.at(-1)?.messages.at(-1)?.content).toMatchObject([
    { type: "frame", jpeg: PICTURE },
    { text: "Tell me a story." },
  ]);
  client.send({ type: "input_audio_buffer.append", audio: asPcm24(spokenPhrase(660)) });
  await expect.poll(() => statuses.slice(2)).toEqual(["cancelled", "completed"]);
  expect(transcripts[1]).toMatch(/^word0 word1 /u);
  expect(transcripts[1]?.length).toBeLessThan(LONG.length / 2);
  expect(transcripts[2]).toBe("A banana is yellow.");
  expect(errors).toEqual([]);
});

test("OpenAI's agents talk, run a tool, show a picture and stop playing when somebody speaks", async () => {
  const { server, models } = await startRealtimeServer();
  models.languageModel.answer = scripted;
  const asked: unknown[] = [];
  const capital = tool({
    name: "get_capital",
    description: "Tells the capital of a country.",
    parameters: z.object({ country: z.string() }),
    execute: (values) => {
      asked.push(values);
      return "Paris";
    },
  });
  const agent = new RealtimeAgent({ name: "guide", instructions: "Be brief.", tools: [capital] });
  const session = new RealtimeSession(agent, { transport: "websocket", model: "antiphon" });
  onTestFinished(() => {
    session.close();
  });
  const errors: unknown[] = [];
  const happened: string[] = [];
  let soundBytes = 0;
  session.on("error", (error) => errors.push(error));
  session.on("audio", ({ data }) => (soundBytes += data.byteLength));
  session.on("audio_interrupted", () => happened.push("interrupted"));
  session.on("transport_event", ({ type }) => happened.push(type));
  const dones = (): number => happened.filter((type) => type === "response.done").length;
  await session.connect({
    apiKey: "none",
    url: server.url.replace("/v1/conversation", "/v1/realtime?model=antiphon"),
  });

  session.sendAudio(bufferOf(spokenPhrase(440)));
  await expect.poll(dones).toBe(2);
  expect(asked).toEqual([{ country: "France" }]);
  expect(happened).toContain("rate_limits.updated");
  expect(soundBytes).toBeGreaterThan(48 * 400);
  expect(models.languageModel.generations[0]?.messages[0]?.content).toBe("Be brief.");
  await expect.poll(() => textsOf(session)).toEqual([PHRASES[440], "It is Paris."]);

  session.addImage(PICTURE_URL, { triggerResponse: false });
  soundBytes = 0;
  session.sendMessage("Tell me a story.");
  await expect.poll(() => soundBytes).toBeGreaterThan(48 * 1200);
  expect(models.languageModel.generations.at(-1)?.messages.at(-1)?.content).toMatchObject([
    { jpeg: PICTURE },
    {},
  ]);
  session.sendAudio(bufferOf(spokenPhrase(660)));
  await expect.poll(() => happened).toContain("interrupted");
  await expect.poll(() => happened).toContain("conversation.item.truncated");
  await expect.poll(dones).toBe(4);
  await expect.poll(() => textsOf(session).at(-1)).toBe("A banana is yellow.");
  const story = textsOf(session).find((text) => text.startsWith("word0"));
  expect(story?.length).toBeLessThan(LONG.length / 2);
  expect(errors).toEqual([]);
});

test(
  "OpenAI's Python client talks, runs a tool, shows a picture and interrupts",
  async ({ skip }) => {
    const python = await pythonWith("openai[realtime]==2.54.0");
    if (python === undefined) return skip("python3, pip or its index is missing");
    const { server, models } = await startRealtimeServer();
    models.languageModel.answer = scripted;
    const script = new URL("../support/realtime-client.py", import.meta.url).pathname;
    const url = server.url.replace("/v1/conversation", "/v1");
    const folder = await temporaryFolder();
    const files = await Promise.all(
      ([440, 660] as const).map(async (frequency) => {
        const file = join(folder, `${frequency}.base64`);
        await writeFile(file, asPcm24(spokenPhrase(frequency)));
        return file;
      }),
    );
    const told = await runPython(python, script, [url, ...files, PICTURE_URL]);
    expect(told).toMatchObject({
      statuses: ["completed", "completed", "cancelled", "completed"],
      transcripts: ["It is Paris.", expect.stringMatching(/^word0/u), "A banana is yellow."],
      errors: [],
    });
  },
  INSTALL_MS,
);

function bufferOf(samples: Float32Array): ArrayBuffer {
  return Uint8Array.from(floatsToPcm16(samples)).buffer;
}

/** What the client's history has of what was said. */
function textsOf(session: RealtimeSession): string[] {
  return session.history.flatMap((item) => {
    if (item.type !== "message") return [];
    return item.content.flatMap((part) => {
      if ("transcript" in part && typeof part.transcript === "string") return [part.transcript];
      return "text" in part ? [part.text] : [];
    });
  });
}
