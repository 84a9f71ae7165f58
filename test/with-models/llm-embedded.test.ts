import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openLanguageModelEngine } from "../../models/llm/engine.ts";
import type { LanguageModelContract } from "../../models/llm/engine.ts";
import { createLanguageModel } from "../../models/llm/language-model.ts";
import type { Engine } from "../../models/runtime/engine.ts";
import { inProcessClient } from "../../models/runtime/in-process.ts";
import { type ChatMessage, endsSentence, type LanguageModel } from "../../streaming/index.ts";
import { haveModels, modelPath } from "../support/models.ts";

interface LlamaCppAnswers {
  readonly version: string;
  readonly system: string;
  readonly answers: readonly {
    readonly question: string;
    /** Key words, with | between those of which one is enough. */
    readonly fact: string;
    readonly answer: string;
  }[];
}

const GREEDY = { temperature: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 0 };

/** Letters until two texts part. */
function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length += 1;
  return length;
}

const title = "Qwen2.5-Coder 1.5B from its GGUF file (skipped where the embedded pack has not been fetched)";

describe.skipIf(!haveModels("embedded"))(title, () => {
  let folder: string;
  let engine: Engine<LanguageModelContract>;
  let model: LanguageModel;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "antiphon-llm-"));
    engine = await openLanguageModelEngine({
      modelPath: modelPath("qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"),
      cacheDirectory: folder,
      threads: 2,
      spinning: false,
      precision: "stored",
      contextTokens: 512,
      seatMemoryBytes: 2 ** 28,
    });
    model = createLanguageModel(inProcessClient(engine));
  });

  afterAll(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });

  async function answer(system: string, question: string): Promise<string> {
    return await write([
      { role: "system", content: system },
      { role: "user", content: question },
    ]);
  }

  async function write(messages: readonly ChatMessage[], wholeSentences = false): Promise<string> {
    const request = {
      seat: "a",
      messages,
      maxTokens: wholeSentences ? 160 : 48,
      sampling: GREEDY,
      stop: [],
      wholeSentences,
    };
    let text = "";
    for await (const event of model.generate(request, { signal: new AbortController().signal })) {
      if (event.type === "text-delta") text += event.text;
    }
    return text;
  }

  /**
   * Two implementations that round differently may choose other words where two are nearly as good, so what must agree is
   * the fact: the same key words in both answers.
   */
  it("agrees with llama.cpp on the same file about the fact that each of 20 questions asks for", async () => {
    const path = fileURLToPath(new URL("../fixtures/llm/qwen2.5-coder-llama-cpp.json", import.meta.url));
    const { version, system, answers } = JSON.parse(await readFile(path, "utf8")) as LlamaCppAnswers;
    expect(answers).toHaveLength(20);
    let equal = 0;
    let common = 0;
    for (const { question, fact, answer: expected } of answers) {
      const actual = await answer(system, question);
      const facts = new RegExp(fact, "i");
      expect(expected).toMatch(facts);
      expect(actual, question).toMatch(facts);
      equal += actual === expected ? 1 : 0;
      common += commonLength(actual, expected) / Math.max(actual.length, expected.length);
      if (actual !== expected) console.log(`${question}\n  llama.cpp: ${expected}\n  ours:      ${actual}`);
    }
    console.log(
      `against ${version}: ${equal} of ${answers.length} answers are the same letter for letter; ` +
        `on average the first ${((100 * common) / answers.length).toFixed(0)} % of the letters are`,
    );
  });

  it("does not stop in the middle of a sentence because the answers before were cut off there", async () => {
    const things = ["the sea and the wind", "the mountains", "a fox"];
    const asked = (thing: string): ChatMessage => ({
      role: "user",
      content: `Tell me a long story about ${thing}.`,
    });
    const messages: ChatMessage[] = [
      { role: "system", content: "You are a voice assistant. Answer in one or two short spoken sentences." },
      ...things.flatMap((thing): ChatMessage[] => [
        asked(thing),
        { role: "assistant", content: "Once upon a time," },
      ]),
      asked("the moon"),
    ];
    expect(endsSentence(await write(messages))).toBe(false);
    const story = await write(messages, true);
    expect(endsSentence(story), story).toBe(true);
    expect(story.split(" ").length).toBeGreaterThan(6);
  });
});
