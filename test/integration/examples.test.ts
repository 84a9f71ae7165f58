import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { pcm16ToFloats, readWav } from "../../audio/index.ts";
import { dominantFrequency, FAKE_VOICE } from "../../models/fakes/index.ts";
import { systemClock } from "../../src/clock.ts";
import { projectFile } from "../../src/project.ts";
import type { VoiceServer } from "../../src/server/app.ts";
import { openVoiceSession } from "../../streaming/index.ts";
import { fakeModels, PHRASES } from "../support/fake-models.ts";
import { pythonWith } from "../support/python.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { startServer } from "../support/voice-server.ts";

const run = promisify(execFile);
const python = await pythonWith("websockets==15.0.1");
const question = projectFile("examples/question.wav");
const PRINTED = `heard    ${PHRASES[440]}\nanswered The capital of France is Paris.\n`;

let server: VoiceServer;
let answer: string;
beforeAll(async () => {
  server = await startServer((options) => openVoiceSession(fakeModels(PHRASES[440]), options, systemClock));
  answer = join(await temporaryFolder(), "answer");
});
afterAll(async () => {
  await server.close();
});

test("the TypeScript client asks, prints and keeps the answer", async () => {
  const tsx = projectFile("node_modules/tsx/dist/cli.mjs");
  const { stdout } = await run(process.execPath, [
    tsx,
    projectFile("examples/client.ts"),
    question,
    answer,
    server.url,
  ]);
  expect(stdout).toBe(PRINTED);
  const sound = pcm16ToFloats(readFileSync(answer));
  expect(dominantFrequency(sound, 16_000)).toBeCloseTo(FAKE_VOICE.frequency, -1);
});

describe.skipIf(python === undefined)("(skipped where pip or its index is missing)", () => {
  test("the Python client asks, prints and keeps the answer", async () => {
    const example = projectFile("examples/client.py");
    const { stdout } = await run(python ?? "", [example, question, answer, server.url]);
    expect(stdout).toBe(PRINTED);
    const [sound = new Float32Array(0)] = readWav(readFileSync(answer)).channels;
    expect(dominantFrequency(sound, 16_000)).toBeCloseTo(FAKE_VOICE.frequency, -1);
  });
});
