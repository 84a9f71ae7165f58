import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { decodeAudio } from "../../audio/index.ts";
import { startOpenAiServer } from "../support/openai-http-server.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const page = await readFile(join(root, "docs/dialects/openai-http.md"), "utf8");
const examples = [...page.matchAll(/```sh\n([^`]+)```/gu)].map(([, command = ""]) => command.trim());
const hasCurl = await run("curl", ["--version"]).then(
  () => true,
  () => false,
);

let started: Awaited<ReturnType<typeof startOpenAiServer>>;
let folder: string;

beforeAll(async () => {
  started = await startOpenAiServer();
  folder = await mkdtemp(join(tmpdir(), "antiphon-examples-"));
  await mkdir(join(folder, "examples"));
  await cp(join(root, "examples/question.wav"), join(folder, "examples/question.wav"));
});

afterAll(async () => {
  await started.server.close();
  await rm(folder, { recursive: true, force: true });
});

/** What a command of the page prints. */
async function printed(command: string): Promise<string> {
  const here = command.replaceAll("http://localhost:8787", started.origin);
  return (await run("sh", ["-c", here], { cwd: folder })).stdout;
}

describe.skipIf(!hasCurl)("the page's examples, where curl is installed", () => {
  it("are those that are expected below, or a new one would not be tested", () => {
    expect(examples).toHaveLength(7);
  });

  it("write down what is said", async () => {
    expect(JSON.parse(await printed(examples[0]!))).toMatchObject({ text: "Something was said" });
    const { words } = JSON.parse(await printed(examples[1]!)) as { words: { word: string }[] };
    expect(words.map(({ word }) => word)).toEqual(["Something", "was", "said"]);
  });

  it("speak into a file", async () => {
    await printed(examples[2]!);
    const { samples } = await decodeAudio(await readFile(join(folder, "speech.wav")));
    expect(samples.length / 24_000).toBeCloseTo(1.2, 1);
  });

  it("answer, at once and as a stream", async () => {
    expect(await printed(examples[3]!)).toContain("A banana is yellow.");
    const stream = await printed(examples[4]!);
    expect(stream).toContain('"content":"yellow."');
    expect(stream.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  it("tell what there is", async () => {
    expect(await printed(examples[5]!)).toContain("whisper-1");
    expect(await printed(examples[6]!)).toContain("default");
  });
});
