import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { floatsToPcm16, pcm16ToFloats } from "../../audio/index.ts";
import { dominantFrequency, FAKE_VOICE } from "../../models/fakes/index.ts";
import { EXIT } from "../../src/cli.ts";
import type { Terminal } from "../../src/client/terminal.ts";
import { runFakeCli } from "../support/fake-cli.ts";
import { phrase, PHRASES } from "../support/fake-models.ts";
import { missingForSoundCard, SoundCard } from "../support/sound-card.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Somebody in front of a terminal. */
class Typist implements Terminal {
  status = "";
  press: (key: string) => void = () => undefined;
  letGo = false;

  showStatus(line: string): void {
    this.status = line;
  }

  onKey(listener: (key: string) => void): () => void {
    this.press = listener;
    return () => (this.letGo = true);
  }
}

let folder: string;
let printed: string[];
let noted: string[];
let stop: AbortController;
let typist: Typist;

beforeEach(async () => {
  folder = await temporaryFolder();
  [printed, noted, stop, typist] = [[], [], new AbortController(), new Typist()];
});
afterEach(() => {
  stop.abort();
  vi.unstubAllEnvs();
});

async function run(...more: string[]): Promise<number> {
  const args = ["talk", "--mic", "--pack", "lite", ...more];
  return await runFakeCli(args, { printed, noted, signal: stop.signal, terminal: typist });
}

/** A story that takes 12 s, and a short answer to whatever is asked meanwhile. */
const STORY = Array.from({ length: 60 }, (_, index) => `word${index}`).join(" ");

/** The same with answers long enough to be talked into, one object each. */
async function tellStory(...more: string[]): Promise<number> {
  const answer = (question: string): string => (question === PHRASES[440] ? STORY : "Yellow.");
  const args = ["talk", "--mic", "--pack", "lite", "--json", ...more];
  return await runFakeCli(args, { printed, noted, signal: stop.signal, terminal: typist, answer });
}

/** The story was cut off by the question, and that was answered. */
function expectBargeIn(): void {
  const [story, answer] = printed.map((line) => JSON.parse(line) as Record<string, string>);
  expect(story).toMatchObject({ heard: PHRASES[440], outcome: "interrupted" });
  expect(STORY.startsWith(story?.["answer"] ?? "?")).toBe(true);
  expect(story?.["answer"]?.length).toBeLessThan(STORY.length);
  expect(answer).toMatchObject({ heard: PHRASES[660], answer: "Yellow.", outcome: "completed" });
}

/** How long something is heard, in ms. */
const soundMs = (samples: Float32Array): number =>
  samples.filter((sample) => Math.abs(sample) > 0.01).length / 24;

/** A program of this name that runs this JavaScript, alone on the path with the others of this test. */
function program(name: string, script: string): void {
  const file = join(folder, name);
  writeFileSync(file, `#!${process.execPath}\n${script}\n`);
  chmodSync(file, 0o755);
  vi.stubEnv("PATH", folder);
}

/** A recorder that says a question over and over, with pauses, in real time; a player that writes a file. */
function fakePrograms(): { readonly played: () => Float32Array } {
  const [said, heard] = [join(folder, "said.raw"), join(folder, "heard.raw")];
  const question = phrase(440, 24_000);
  const repeated = new Float32Array(24_000 * 4);
  repeated.set(question, 12_000);
  writeFileSync(said, floatsToPcm16(repeated));
  program(
    "arecord",
    `const sound = require("node:fs").readFileSync(${JSON.stringify(said)});
     let at = 0; const start = Date.now();
     setInterval(() => {
       while (at / 48 < Date.now() - start) { const from = at % sound.length; process.stdout.write(sound.subarray(from, from + 960)); at += 960; }
     }, 10);`,
  );
  program("aplay", `process.stdin.pipe(require("node:fs").createWriteStream(${JSON.stringify(heard)}));`);
  const played = (): Float32Array => {
    const bytes = existsSync(heard) ? readFileSync(heard) : Buffer.alloc(0);
    return pcm16ToFloats(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  };
  return { played };
}

/** A recorder that asks one question, and another one as soon as the answer is heard; a player that writes a file. */
function bargingPrograms(): { readonly played: () => Float32Array } {
  const { played } = fakePrograms();
  const [first, second] = [join(folder, "first.raw"), join(folder, "second.raw")];
  writeFileSync(first, floatsToPcm16(phrase(440, 24_000)));
  writeFileSync(second, floatsToPcm16(phrase(660, 24_000)));
  program(
    "arecord",
    `const { existsSync, readFileSync } = require("node:fs");
     const isHeard = () => existsSync(${JSON.stringify(join(folder, "heard.raw"))}) &&
       readFileSync(${JSON.stringify(join(folder, "heard.raw"))}).filter((byte) => byte !== 0).length > 20000;
     let waiting = readFileSync(${JSON.stringify(first)});
     let next = readFileSync(${JSON.stringify(second)});
     let at = 0; const start = Date.now();
     setInterval(() => {
       if (waiting.length === 0 && next.length > 0 && isHeard()) { waiting = next; next = waiting.subarray(0, 0); }
       while (at / 48 < Date.now() - start) {
         const sound = Buffer.alloc(960); waiting.copy(sound); waiting = waiting.subarray(960);
         process.stdout.write(sound); at += 960;
       }
     }, 10);`,
  );
  return { played };
}

const said = (): string[] => printed.filter((line) => line.startsWith("you") || line.startsWith("antiphon"));

describe("with programs that stand for devices", () => {
  test("a question is heard and answered aloud, the meter moves, and q ends it", async () => {
    const { played } = fakePrograms();
    const talking = run();
    await expect.poll(() => said().length).toBeGreaterThanOrEqual(2);
    expect(said().slice(0, 2)).toEqual([
      `you       ${PHRASES[440]}`,
      "antiphon  The capital of France is Paris.",
    ]);
    await expect.poll(() => typist.status).toContain("##");
    typist.press("q");
    expect(await talking).toBe(EXIT.done);
    expect(typist.letGo).toBe(true);
    const voice = played().filter((sample) => Math.abs(sample) > 0.01);
    expect(voice.length).toBeGreaterThan(24_000 * FAKE_VOICE.wordMs * 0.001);
    expect(dominantFrequency(played(), 24_000)).toBeCloseTo(FAKE_VOICE.frequency, -1);
  });

  test("push to talk: nothing is heard until Space opens the microphone", async () => {
    fakePrograms();
    const talking = run("--push-to-talk");
    await expect.poll(() => typist.status).toContain("microphone closed");
    await new Promise((resolve) => setTimeout(resolve, 3000)); // long enough for the question to be said
    expect(said()).toEqual([]);
    typist.press(" ");
    await expect.poll(() => said().length).toBeGreaterThanOrEqual(2);
    typist.press(" ");
    await expect.poll(() => typist.status).toContain("microphone closed");
    typist.press("q");
    await talking;
  });

  test("who talks into an answer silences it, and is answered", async () => {
    const { played } = bargingPrograms();
    const talking = tellStory();
    await expect.poll(() => printed.length).toBeGreaterThanOrEqual(2);
    typist.press("q");
    expect(await talking).toBe(EXIT.done);
    expectBargeIn();
    expect(soundMs(played())).toBeLessThan(60 * FAKE_VOICE.wordMs);
  });

  test("Esc silences the answer, an arrow key does not", async () => {
    fakePrograms();
    const talking = run("--json");
    await expect.poll(() => typist.status).toContain("speaking");
    typist.press("\u001b[A");
    typist.press("\u001b");
    await expect.poll(() => printed.length).toBeGreaterThan(0);
    expect(JSON.parse(printed[0] ?? "")).toMatchObject({ heard: PHRASES[440], outcome: "interrupted" });
    typist.press("q");
    await talking;
  });

  test("Ctrl-C ends it with the status of a command that was interrupted", async () => {
    fakePrograms();
    const talking = run();
    await expect.poll(() => typist.status).not.toBe("");
    stop.abort();
    expect(await talking).toBe(EXIT.interrupted);
    expect(typist.letGo).toBe(true);
  });
});

describe("what goes wrong", () => {
  test("a machine without sound programs is told what to install", async () => {
    vi.stubEnv("PATH", folder);
    expect(await run()).toBe(EXIT.failure);
    expect(noted.at(-1)).toMatch(/sound-unavailable.*aplay or sox.*install alsa-utils/u);
  });

  test("a microphone that is not there is named in the program's own words", async () => {
    fakePrograms();
    program(
      "arecord",
      'console.error("arecord: main:830: audio open error: No such device"); process.exit(1);',
    );
    expect(await run()).toBe(EXIT.failure);
    expect(noted.at(-1)).toContain("arecord could not go on with the microphone");
    expect(noted.at(-1)).toContain("No such device");
  });

  test("a loudspeaker that is unplugged in the middle ends the talk", async () => {
    fakePrograms();
    program(
      "aplay",
      'setTimeout(() => { console.error("aplay: xrun: disconnected"); process.exit(1); }, 500);',
    );
    expect(await run()).toBe(EXIT.failure);
    expect(noted.at(-1)).toContain("aplay could not go on with the loudspeaker: aplay: xrun: disconnected");
  });

  test("neither a microphone nor a recording is wrong usage", async () => {
    const noMicrophone = { printed, noted, signal: stop.signal };
    expect(await runFakeCli(["talk", "--audio", "question.wav"], noMicrophone)).toBe(EXIT.usage);
    expect(noted.at(-1)).toContain("--mic");
  });
});

describe.skipIf(missingForSoundCard !== undefined)(
  `with a sound card of software (skipped where ${missingForSoundCard ?? "nothing"} is missing)`,
  () => {
    test("the real recorder and player hold a conversation through real devices", async () => {
      const card = await SoundCard.plugIn();
      try {
        for (const [name, value] of Object.entries(card.environment)) vi.stubEnv(name, value);
        const talking = run("--microphone", "pulse", "--loudspeaker", "pulse");
        await expect.poll(() => typist.status).not.toBe("");
        await card.say(phrase(440, 24_000));
        await expect.poll(said).toContain("antiphon  The capital of France is Paris.");
        const loud = (): number => card.played().filter((sample) => Math.abs(sample) > 0.1).length;
        await expect.poll(loud).toBeGreaterThan((24_000 * FAKE_VOICE.wordMs) / 1000);
        typist.press("q");
        expect(await talking).toBe(EXIT.done);
      } finally {
        await card.unplug();
      }
    });

    test("who talks into an answer through a real microphone silences it, and is answered", async () => {
      const card = await SoundCard.plugIn();
      try {
        for (const [name, value] of Object.entries(card.environment)) vi.stubEnv(name, value);
        const talking = tellStory("--microphone", "pulse", "--loudspeaker", "pulse");
        await expect.poll(() => typist.status).not.toBe("");
        await card.say(phrase(440, 24_000));
        await expect.poll(() => soundMs(card.played())).toBeGreaterThan(500);
        await card.say(phrase(660, 24_000));
        await expect.poll(() => printed.length).toBeGreaterThanOrEqual(2);
        typist.press("q");
        expect(await talking).toBe(EXIT.done);
        expectBargeIn();
        expect(soundMs(card.played())).toBeLessThan(60 * FAKE_VOICE.wordMs);
      } finally {
        await card.unplug();
      }
    });
  },
);
