import { existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeEach, describe, expect, test } from "vitest";

import { readWav, writeWav } from "../../audio/index.ts";
import { FAKE_VOICE } from "../../models/fakes/index.ts";
import { EXIT } from "../../src/cli.ts";
import { systemClock } from "../../src/clock.ts";
import { checkNode } from "../../src/commands/doctor.ts";
import { VoiceServer } from "../../src/server/app.ts";
import { createLogger } from "../../src/logging.ts";
import { runFakeCli } from "../support/fake-cli.ts";
import { phrase, PHRASES } from "../support/fake-models.ts";
import { RawClient } from "../support/raw-client.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { testConfig } from "../support/voice-server.ts";

let folder: string;
let printed: string[];
let noted: string[];
let stop: AbortController;

beforeEach(async () => {
  folder = await temporaryFolder();
  printed = [];
  noted = [];
  stop = new AbortController();
});

async function run(...args: string[]): Promise<number> {
  return await runFakeCli(args, { printed, noted, signal: stop.signal });
}

/** The only line on stdout, as JSON. */
function result(): unknown {
  expect(printed).toHaveLength(1);
  return JSON.parse(printed[0] ?? "");
}

function recording(name: string, samples: Float32Array, sampleRate = 16_000): string {
  const file = join(folder, name);
  writeFileSync(file, writeWav({ sampleRate, channels: [samples] }));
  return file;
}

describe("results for programs", () => {
  test("transcribe prints one object per file", async () => {
    const first = recording("first.wav", phrase(440));
    const second = recording("second.wav", phrase(660, 44_100), 44_100);
    expect(await run("transcribe", "--json", first, second)).toBe(EXIT.done);
    const number = expect.any(Number) as number;
    expect(printed.map((line) => JSON.parse(line) as unknown)).toEqual([
      { file: first, text: PHRASES[440], audioMs: 600, elapsedMs: number },
      { file: second, text: PHRASES[660], audioMs: 600, elapsedMs: number },
    ]);
  });

  test("say writes the sound and times its words across clauses", async () => {
    const out = join(folder, "said.wav");
    expect(await run("say", "--json", "Hello there. How are you?", "--out", out)).toBe(EXIT.done);
    const { words, audioMs } = result() as { words: { text: string; startMs: number }[]; audioMs: number };
    expect(words.map(({ text }) => text)).toEqual(["Hello", "there.", "How", "are", "you?"]);
    expect(words.map(({ startMs }) => startMs)).toEqual(
      [0, 1, 2, 3, 4].map((index) => index * FAKE_VOICE.wordMs),
    );
    expect(audioMs).toBe(5 * FAKE_VOICE.wordMs);
    expect(readWav(readFileSync(out)).channels[0]).toHaveLength((audioMs * 22_050) / 1000);
    expect(Object.keys(result() as object).sort()).toEqual([
      "audioMs",
      "elapsedMs",
      "file",
      "firstAudioMs",
      "words",
    ]);
  });

  test("ask prints the answer and how fast it came", async () => {
    expect(await run("ask", "--json", PHRASES[660])).toBe(EXIT.done);
    expect(result()).toEqual({
      text: "A banana is yellow.",
      firstTokenMs: expect.any(Number) as number,
      tokens: 4,
      tokensPerSecond: expect.any(Number) as number,
    });
  });

  test("talk speaks through a real socket and records both sides on one clock", async () => {
    const question = recording("question.wav", phrase(440));
    const [out, record] = [join(folder, "answer.wav"), join(folder, "both.wav")];
    expect(await run("talk", "--json", "--audio", question, "--out", out, "--record", record)).toBe(
      EXIT.done,
    );
    const { turns } = result() as { turns: { heard: string; voiceToVoiceMs: number; stages: object }[] };
    expect(turns).toMatchObject([{ heard: PHRASES[440], answer: "The capital of France is Paris." }]);
    expect(turns[0]?.voiceToVoiceMs).toBeGreaterThan(0);
    expect(turns[0]?.stages).toHaveProperty("firstAudioMs");
    const [user, assistant] = readWav(readFileSync(record)).channels;
    expect(user?.some((sample) => Math.abs(sample) > 0.4)).toBe(true);
    expect(readWav(readFileSync(out)).channels[0]).toEqual(assistant);
  });

  test("serve --warm says what it heard, what it answered and where it is, and stops when told", async () => {
    const serving = run("serve", "--json", "--warm", "--port", "0", "--config", quietConfig());
    await expect.poll(() => printed.length).toBe(2);
    const { url, page } = JSON.parse(printed[1] ?? "") as { url: string; page: string };
    expect(JSON.parse(printed[0] ?? "")).toMatchObject({ warm: { heard: PHRASES[440] } });
    expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/v1\/conversation$/u);
    expect((await fetch(new URL("/ready", page))).status).toBe(200);
    stop.abort();
    expect(await serving).toBe(EXIT.done);
    await expect(fetch(page)).rejects.toThrow();
  });
});

test.each([
  [[], /^\d\d:\d\d:\d\d conversation opened \(conversation \w{8}, open 1\)$/mu],
  [["--json"], undefined],
])("serve %j logs lines for people, or JSON that is no line of theirs", async (more, expected) => {
  const serving = run("serve", "--port", "0", ...more);
  await expect.poll(() => printed.length).toBeGreaterThan(0);
  const url = /ws:[^"\s]+/u.exec(printed.join("\n"))?.[0] ?? "";
  const client = await RawClient.talk(url);
  client.socket.close(1000);
  await client.closed();
  stop.abort();
  await serving;
  if (expected === undefined) expect(noted.filter((line) => line.includes("conversation"))).toEqual([]);
  else expect(noted.join("\n")).toMatch(expected);
});

function quietConfig(): string {
  const file = join(folder, "config.json");
  writeFileSync(file, JSON.stringify({ logLevel: "silent" }));
  return file;
}

describe("what goes wrong", () => {
  test.each([
    [["transcribe", "missing.wav"], "audio-unreadable"],
    [["ask", "a".repeat(20_000)], "text-too-long"],
    [["ask", "\u0007"], "text-empty"],
    [["say", "😀 🎉", "--out", "never.wav"], "text-empty"],
    [["ask", "hello", "--config", "nowhere.json"], "config-invalid"],
    [["talk", "--audio", "missing.wav", "--out", "never.wav"], "audio-unreadable"],
  ])("%j fails with one object and status 1", async (args, code) => {
    expect(await run(...args, "--json")).toBe(EXIT.failure);
    expect(result()).toMatchObject({ error: { code, message: expect.any(String) as string } });
    expect(existsSync("never.wav")).toBe(false);
  });

  test.each([
    ["say", "hello", "--out", "absent/o.wav"],
    ["say", "hello", "--out", "."],
    ["talk", "--audio", "missing.wav", "--out", "absent/o.wav"],
    ["talk", "--audio", "missing.wav", "--out", "o.wav", "--record", "absent/both.wav"],
  ])("%j is refused before anything else is done", async (...args) => {
    expect(await run(...args, "--json")).toBe(EXIT.failure);
    expect(result()).toMatchObject({ error: { code: "output-unwritable" } });
  });

  test.runIf(existsSync("/dev/full"))(
    "a disk that fills up while the sound is written is named",
    async () => {
      expect(await run("say", "hello", "--out", "/dev/full", "--json")).toBe(EXIT.failure);
      expect(result()).toMatchObject({ error: { code: "disk-full" } });
    },
  );

  test("talk tells the address of a page from that of a conversation", async () => {
    const question = recording("question.wav", phrase(440));
    const args = ["talk", "--json", "--audio", question, "--out", join(folder, "answer.wav")];
    expect(await run(...args, "--url", "http://127.0.0.1:9/")).toBe(EXIT.failure);
    const message = expect.stringContaining("ws://host:port") as string;
    expect(result()).toMatchObject({ error: { code: "connection-failed", message } });
  });

  test("talk gives up an answer that does not end within the limit, and writes no file", async () => {
    const question = recording("question.wav", phrase(440));
    const out = join(folder, "answer.wav");
    expect(await run("talk", "--json", "--audio", question, "--out", out, "--turn-limit", "0.3")).toBe(
      EXIT.failure,
    );
    expect(result()).toMatchObject({ error: { code: "answer-timeout" } });
    expect(existsSync(out)).toBe(false);
  });

  test("talk names the server that it cannot reach", async () => {
    const question = recording("question.wav", phrase(440));
    const url = "ws://127.0.0.1:9/v1/conversation";
    expect(
      await run("talk", "--json", "--audio", question, "--out", join(folder, "a.wav"), "--url", url),
    ).toBe(1);
    expect(result()).toMatchObject({
      error: { code: "connection-failed", message: expect.stringContaining(url) as string },
    });
  });

  test("garbage, empty and silent-headed files are told apart", async () => {
    const garbage = join(folder, "garbage.wav");
    const empty = join(folder, "empty.wav");
    writeFileSync(garbage, Buffer.from("this is no sound"));
    writeFileSync(empty, "");
    await run("transcribe", "--json", garbage);
    await run("transcribe", "--json", empty);
    await run("transcribe", "--json", recording("none.wav", new Float32Array(0)));
    expect(printed.map((line) => (JSON.parse(line) as { error: { code: string } }).error.code)).toEqual([
      "audio-unreadable",
      "audio-empty",
      "audio-empty",
    ]);
  });

  test("transcribe goes on after files that it cannot read, says which, and fails at the end", async () => {
    const good = recording("good.wav", phrase(440));
    const [missing, huge] = [join(folder, "missing.wav"), join(folder, "huge.wav")];
    writeFileSync(huge, "");
    truncateSync(huge, 2 ** 30 + 1); // sparse
    expect(await run("transcribe", "--json", missing, huge, folder, good)).toBe(EXIT.failure);
    const error = (file: string, code: string) => ({
      file,
      error: { code, message: expect.stringContaining(file) as string },
    });
    expect(printed.map((line) => JSON.parse(line) as unknown)).toEqual([
      error(missing, "audio-unreadable"),
      error(huge, "audio-too-long"),
      error(folder, "audio-unreadable"),
      expect.objectContaining({ file: good, text: PHRASES[440] }),
    ]);
    expect(await run("transcribe", missing, good)).toBe(EXIT.failure);
    expect(noted).toEqual([expect.stringMatching(/^error \(audio-unreadable\): .*missing\.wav/u)]);
    expect(printed.at(-1)).toBe(`${good}: ${PHRASES[440]}`);
  });

  test("a taken port is named and nothing is left running", async () => {
    const config = testConfig();
    const other = await VoiceServer.listen({ config, clock: systemClock, logger: createLogger("silent") });
    const { port } = new URL(other.pageUrl);
    expect(await run("serve", "--json", "--port", port)).toBe(EXIT.failure);
    expect(result()).toMatchObject({ error: { code: "port-in-use" } });
    await other.close();
  });

  test("an address that this machine does not have is a wrong setting, and is named", async () => {
    expect(await run("serve", "--json", "--host", "192.0.2.1", "--port", "0")).toBe(EXIT.failure);
    const message = expect.stringContaining("192.0.2.1 is no address of this machine") as string;
    expect(result()).toMatchObject({ error: { code: "config-invalid", message } });
  });

  test("people get a sentence on stderr, and nothing on stdout", async () => {
    expect(await run("ask", "\u0007")).toBe(EXIT.failure);
    expect(printed).toEqual([]);
    expect(noted).toEqual([expect.stringMatching(/^error \(text-empty\): /u)]);
  });

  test.each([
    [["dance"]],
    [["ask"]],
    [["say", "hello"]],
    [["serve", "--port", "80000"]],
    [["talk", "--audio", "a.wav", "--out", "b.wav", "--turn-limit", "soon"]],
    [["ask", "x", "--pack", "huge"]],
  ])("%j is wrong usage: status 2", async (args) => {
    expect(await run(...args)).toBe(EXIT.usage);
    expect(printed).toEqual([]);
    expect(noted.length).toBeGreaterThan(0);
    expect(await run(...args, "--json")).toBe(EXIT.usage);
    expect(result()).toMatchObject({ error: { code: "usage" } });
  });
});

test.each(["serve", "doctor", "transcribe", "say", "ask", "talk", "models"])(
  "%s explains itself",
  async (command) => {
    expect(await run(command, "--help")).toBe(EXIT.done);
    expect(printed.join("\n")).toContain(`antiphon ${command}`);
  },
);

test("doctor knows which Node is too old", () => {
  expect(["18.20.0", "20.18.9", "20.19.0", "22.0.0"].map((version) => checkNode(version).state)).toEqual([
    "failure",
    "failure",
    "ok",
    "ok",
  ]);
});
