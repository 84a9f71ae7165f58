import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { openLanguageModelEngine, type LanguageModelContract } from "../../models/llm/engine.ts";
import { createLanguageModel } from "../../models/llm/language-model.ts";
import type { Engine } from "../../models/runtime/engine.ts";
import { inProcessClient } from "../../models/runtime/in-process.ts";
import { systemClock } from "../../src/clock.ts";
import { createLogger } from "../../src/logging.ts";
import { ServerTools } from "../../src/tools/server-tools.ts";
import { openVoiceSession } from "../../streaming/index.ts";
import { fakeModels } from "../support/fake-models.ts";
import { haveModels, modelPath } from "../support/models.ts";
import { testConfig } from "../support/voice-server.ts";

const title = "tools of the embedded pack (skipped where it has not been fetched)";

describe.skipIf(!haveModels("embedded"))(title, () => {
  let folder: string;
  let engine: Engine<LanguageModelContract>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "antiphon-tools-"));
    engine = await openLanguageModelEngine({
      modelPath: modelPath("qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"),
      cacheDirectory: folder,
      threads: 2,
      spinning: false,
      precision: "stored",
      contextTokens: 1024,
      seatMemoryBytes: 2 ** 28,
    });
  });

  afterAll(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });

  interface Asked {
    /** As `name(arguments)`. */
    readonly calls: readonly string[];
    readonly results: readonly string[];
    readonly answer: string;
  }

  /** Asks one question in a conversation of its own, with the built-in tools that need no camera. */
  async function ask(question: string): Promise<Asked> {
    const languageModel = createLanguageModel(inProcessClient(engine), { callsTools: true });
    const config = testConfig({ tools: { builtIn: ["time", "timer", "remember"] } });
    const tools = new ServerTools(config.tools, systemClock, createLogger("silent"));
    const { openSession } = tools.over({
      openSession: (options) => openVoiceSession({ ...fakeModels(), languageModel }, options, systemClock),
      voiceSampleRate: 22_050,
    });
    const session = openSession(config.conversation);
    session.push({ type: "configure", settings: { spoken: false } }); // so that nobody waits for its sound
    session.push({ type: "text", text: question });
    const [calls, results]: [string[], string[]] = [[], []];
    let answer = "";
    for await (const event of session.events({ signal: new AbortController().signal })) {
      if (event.type === "tool-call") calls.push(`${event.call.name}(${event.call.arguments})`);
      if (event.type === "tool-result") results.push(event.text);
      if (event.type !== "answer-end") continue;
      answer = event.outcome === "completed" ? event.text : event.outcome;
      break;
    }
    await session.close();
    await tools.close();
    return { calls, results, answer };
  }

  test.each(["What time is it?", "What is the date today?"])(
    "tell what nobody can know: %s",
    async (question) => {
      const { calls, results, answer } = await ask(question);
      expect(calls).toEqual(["get_time({})"]);
      const [date] = /[A-Z]\w+ \d+, \d{4}/u.exec(results.join()) ?? [];
      expect(date).toBeDefined();
      expect(answer).toContain(date);
    },
  );

  test.each([
    ["Set a timer for five minutes.", 'set_timer({"amount": 5, "unit": "minutes"})', "5 minutes"],
    ["Remind me in ten seconds.", 'set_timer({"amount": 10, "unit": "seconds"})', "10 seconds"],
    ["Cancel my timers.", "cancel_timers({})", "no timer"],
  ])("do what is asked for: %s", async (question, call, told) => {
    const { calls, answer } = await ask(question);
    expect(calls).toEqual([call]);
    expect(answer).toContain(told);
  });

  // Where a question shares a word with a tool, the model calls it whether it needs it or not: see docs/tools.md.
  test.each([
    ["What is the capital of France?", "Paris"],
    ["What colour is a banana?", "yellow"],
    ["How long does it take to boil an egg?", "minutes"],
  ])("are left alone where none is needed: %s", async (question, fact) => {
    const { calls, answer } = await ask(question);
    expect(calls).toEqual([]);
    expect(answer).toContain(fact);
  });
});
