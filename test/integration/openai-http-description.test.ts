import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, expect, it } from "vitest";

import { startOpenAiServer } from "../support/openai-http-server.ts";
import { pythonWith, runPython } from "../support/python.ts";

const run = promisify(execFile);
const support = join(import.meta.dirname, "../support/openai-http");
const python = await pythonWith("openai==3.54.0", "schemathesis==4.32.5");
const noPython = "Python, its venv, pip or the package index is missing";

let started: Awaited<ReturnType<typeof startOpenAiServer>>;

beforeAll(async () => {
  started = await startOpenAiServer({ apiKeys: [] });
});

afterAll(async () => {
  await started.server.close();
});

it("the server does what its description says, for whatever Schemathesis thinks of", async ({ skip }) => {
  if (python === undefined) return skip(noPython);
  const settings = [
    "-m",
    "schemathesis.cli",
    "--config-file",
    join(support, "schemathesis.toml"),
    "run",
    `${started.origin}/openapi.json`,
  ];
  const limits = ["--max-examples", "10", "--workers", "1", "--no-color", "--generation-deterministic"];
  try {
    await run(python, [...settings, ...limits], { timeout: 500_000, maxBuffer: 2 ** 26 });
  } catch (error) {
    expect.fail((error as { stdout?: string }).stdout ?? String(error));
  }
}, 600_000);

it("Python's stock client gets all that it asks for", async ({ skip }) => {
  if (python === undefined) return skip(noPython);
  const question = join(import.meta.dirname, "../../examples/question.wav");
  const heard = await runPython(python, join(support, "client.py"), [started.baseURL, question]);
  expect(heard).toEqual({
    json: "Something was said",
    text: "Something was said\n",
    srt: true,
    vtt: true,
    words: ["Something", "was", "said"],
    transcript: ["transcript.text.delta", "transcript.text.done"],
    wav: "RIFF",
    mp3: true,
    opus: "OggS",
    flac: "fLaC",
    chat: "A banana is yellow.",
    stream: "A banana is yellow.",
    picture: true,
    models: ["antiphon", "whisper-1", "tts-1"],
    refused: 400,
    missing: 404,
  });
});
