import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openLanguageModelEngine } from "../../models/llm/engine.ts";
import type { LanguageModelContract } from "../../models/llm/engine.ts";
import { createLanguageModel } from "../../models/llm/language-model.ts";
import type { Engine } from "../../models/runtime/engine.ts";
import { inProcessClient } from "../../models/runtime/in-process.ts";
import { Addressee } from "../../streaming/addressee.ts";
import { haveModels, modelPath } from "../support/models.ts";

const MEANT = [
  "What is the capital of France?",
  "Tell me a joke.",
  "Translate good morning into Spanish.",
  "How far away is the moon?",
];
const NOT_MEANT = [
  "Kids, dinner is ready!",
  "He's asleep, so keep your voice down.",
  "Oh come on, this stupid printer again.",
  "And the home team takes the lead with a beautiful goal!",
];

const title = "Qwen2.5-Coder 1.5B as addressee (skipped where the embedded pack has not been fetched)";

describe.skipIf(!haveModels("embedded"))(title, () => {
  let folder: string;
  let engine: Engine<LanguageModelContract>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "antiphon-addressee-"));
    engine = await openLanguageModelEngine({
      modelPath: modelPath("qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"),
      cacheDirectory: folder,
      threads: 2,
      spinning: false,
      precision: "stored",
      contextTokens: 512,
      seatMemoryBytes: 2 ** 28,
    });
  });

  afterAll(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });

  it("puts every plain question and request above the threshold, and talk between people below them", async () => {
    const patient = { nowMs: () => 0, sleep: async () => await new Promise<never>(() => undefined) };
    const addressee = new Addressee(createLanguageModel(inProcessClient(engine)), patient);
    const ask = async (text: string): Promise<number> =>
      (await addressee.probability(text, new AbortController().signal)) ?? Number.NaN;
    const meant: number[] = [];
    for (const text of MEANT) meant.push(await ask(text));
    const notMeant: number[] = [];
    for (const text of NOT_MEANT) notMeant.push(await ask(text));
    await addressee.close();
    expect(Math.min(...meant)).toBeGreaterThan(0.5);
    expect(Math.max(...notMeant)).toBeLessThan(Math.min(...meant));
  });
});
