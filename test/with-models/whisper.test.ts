import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Engine } from "../../models/runtime/engine.ts";
import {
  createSpeechRecognizer,
  openWhisperEngine,
  type WhisperConfig,
  type WhisperContract,
} from "../../models/whisper/index.ts";
import { readAudioFile } from "../../src/audio-files.ts";
import type { SpeechRecognizer, Transcript } from "../../streaming/index.ts";
import { directClient } from "../support/direct-client.ts";
import { modelPath } from "../support/models.ts";
import { recording } from "../support/recordings.ts";
import { hasSharedData, sharedDataPath } from "../support/shared-data.ts";

const SAMPLE_RATE = 16_000;
const signal = new AbortController().signal;
let config: WhisperConfig;
let engine: Engine<WhisperContract>;
let recognizer: SpeechRecognizer;
beforeAll(async () => {
  config = {
    weightsPath: modelPath("speech-recognition"),
    tokenizerPath: modelPath("speech-recognition-tokenizer"),
    configPath: modelPath("speech-recognition-config"),
    cacheDirectory: await mkdtemp(join(tmpdir(), "whisper-")),
    threads: 2,
  };
  engine = await openWhisperEngine(config);
  recognizer = createSpeechRecognizer(directClient(engine));
});
afterAll(async () => {
  await engine.close();
  await rm(config.cacheDirectory, { recursive: true, force: true });
});

async function recognize(samples: Float32Array, draft: readonly number[] = []): Promise<Transcript> {
  return await recognizer.recognize({ samples, draft, urgency: "final" }, { signal });
}

/** White noise that is the same in every run. */
function whiteNoise(seconds: number, peak: number): Float32Array {
  let state = 12345;
  return Float32Array.from({ length: seconds * SAMPLE_RATE }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return peak * (state / 0x4000_0000 - 1);
  });
}

function words(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z ]/g, "")
    .trim();
}

describe("without anybody speaking", () => {
  test.each([
    ["nothing at all", new Float32Array(0)],
    ["a few samples", new Float32Array(7).fill(0.1)],
    ["digital silence", new Float32Array(2 * SAMPLE_RATE)],
    ["faint hiss", whiteNoise(2, 0.002)],
    ["loud hiss", whiteNoise(3, 0.3)],
    [
      "mains hum",
      Float32Array.from({ length: 32_000 }, (_unused, n) => 0.1 * Math.sin((n * 2 * Math.PI) / 320)),
    ],
    ["samples that are no numbers", new Float32Array(SAMPLE_RATE).fill(NaN)],
  ])("%s is no text, or the assistant would answer nobody", async (_name, samples) => {
    expect(await recognize(samples)).toMatchObject({ text: "", tokens: [], rejected: true });
  });

  test.skipIf(!hasSharedData)("recorded noise is no text, loud or faint", async () => {
    for (const name of ["noise1", "noise2", "noise3"]) {
      const path = sharedDataPath(`noise/${name}.wav`);
      const noise = (await readAudioFile(path, SAMPLE_RATE)).subarray(0, 8 * SAMPLE_RATE);
      for (const piece of [noise, noise.subarray(SAMPLE_RATE, 3 * SAMPLE_RATE), noise.map((x) => x / 10)]) {
        expect((await recognize(piece)).text, name).toBe("");
      }
    }
  });
});

test("more than the network's window is refused by name", async () => {
  const tooLong = whiteNoise(30.1, 0.1);
  await expect(recognize(tooLong)).rejects.toMatchObject({ code: "audio-too-long" });
});

test("the compiled networks are found again, or every start would build them", async () => {
  const before = await readdir(config.cacheDirectory);
  const again = await openWhisperEngine(config);
  await again.close();
  expect(await readdir(config.cacheDirectory)).toEqual(before);
  expect(before).toHaveLength(2);
});

describe("speech", () => {
  test("is written as CTranslate2 writes it, to the letter", async () => {
    const path = join(import.meta.dirname, "../fixtures/speech/transcripts.json");
    const transcripts = JSON.parse(await readFile(path, "utf8")) as Record<string, string>;
    expect(Object.keys(transcripts)).toContain("jfk.flac");
    for (const [name, expected] of Object.entries(transcripts)) {
      expect(await recognize(await recording(name)), name).toMatchObject({ text: expected, rejected: false });
    }
  });

  test.skipIf(!hasSharedData)("of five read sentences is understood in every word", async () => {
    const truth = await readFile(sharedDataPath("speech/truth.tsv"), "utf8");
    for (const line of truth.trim().split("\n")) {
      const [file = "", said = ""] = line.split("\t");
      expect(words((await recognize(await recording(file))).text), file).toBe(words(said));
    }
  });

  test("at the far end of the window is understood like any other", async () => {
    const sentence = await recording("why-that-city.flac");
    const long = whiteNoise(30, 0.0005);
    long.set(sentence, long.length - sentence.length);
    expect(words((await recognize(long)).text)).toBe("why do so many people like that city");
  });

  test("recognised while it grows, each hypothesis the draft of the next, ends in the text without drafts", async () => {
    const samples = await recording("jfk.flac");
    let draft: readonly number[] = [];
    for (let seconds = 1; seconds <= 11; seconds += 1) {
      const heard = samples.subarray(0, seconds * SAMPLE_RATE);
      const drafted = await recognize(heard, draft);
      const plain = await recognize(heard);
      expect(drafted.text, `${seconds} s`).toBe(plain.text);
      draft = drafted.tokens;
    }
    expect(draft.length).toBeGreaterThan(20);
  });

  test("has each word's time, on either side of a pause", async () => {
    const [first, second] = [await recording("question.wav"), await recording("why-that-city.flac")];
    const samples = whiteNoise((first.length + second.length) / SAMPLE_RATE + 2, 0.0005);
    const secondStart = first.length + 2 * SAMPLE_RATE;
    samples.set(first);
    samples.set(second, secondStart);
    const plain = await recognizer.recognize({ samples, urgency: "final" }, { signal });
    const timed = await recognizer.recognize({ samples, urgency: "background", words: true }, { signal });
    expect(plain.words).toBeUndefined();
    const times = timed.words ?? [];
    expect(times.map(({ text }) => text).join(" ")).toBe(plain.text);
    const why = times.findIndex(({ text }) => text.startsWith("Why"));
    expect(words(times[why - 1]!.text)).toBe("france");
    expect(times[why - 1]!.endMs).toBeLessThan((1000 * first.length) / SAMPLE_RATE + 300);
    expect(times[why]!.startMs).toBeGreaterThan((1000 * secondStart) / SAMPLE_RATE - 500);
    for (const { startMs, endMs } of times) expect(endMs).toBeGreaterThanOrEqual(startMs);
  });

  test("of two who take turns on one engine does not mix", async () => {
    const [first, second] = [await recording("question.wav"), await recording("why-that-city.flac")];
    const [left, right] = await Promise.all([recognize(first), recognize(second)]);
    expect([left, right]).toEqual([await recognize(first), await recognize(second)]);
  });

  test("whose job is dropped half-way leaves the engine usable", async () => {
    const samples = await recording("question.wav");
    const job = engine.jobs.recognize({ samples });
    for (let step = 0; step < 4; step++) await job.next();
    await job.return();
    expect(words((await recognize(samples)).text)).toBe("what is the capital of france");
  });
});
