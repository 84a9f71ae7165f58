import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import {
  FakeEndOfTurnDetector,
  FakeSpeechDetector,
  FakeSpeechRecognizer,
  FakeSpeechSynthesizer,
} from "../../models/fakes/index.ts";
import { createLanguageModel } from "../../models/llm/language-model.ts";
import type * as WorkerHostModule from "../../models/runtime/worker-host.ts";
import type { WorkerHost } from "../../models/runtime/worker-host.ts";
import { systemClock } from "../../src/clock.ts";
import type * as StreamingModule from "../../streaming/index.ts";
import type { LanguageModel, SessionEvent, VoiceSession } from "../../streaming/index.ts";
import { phrase, PHRASES } from "../support/fake-models.ts";

/** Workers run compiled code, `npm test` compiles it before; the conversation must know their errors, so it is, too. */
const compiled = async (file: string): Promise<unknown> =>
  await import(new URL(`../../dist/${file}`, import.meta.url).href);
const { WorkerHost: Host } = (await compiled("models/runtime/worker-host.js")) as typeof WorkerHostModule;
const { openVoiceSession } = (await compiled("streaming/index.js")) as typeof StreamingModule;

let folder: string;
let host: WorkerHost;
let session: VoiceSession | undefined;
let events: AsyncIterator<SessionEvent, unknown>;
let seen: SessionEvent[];
const threads: Worker[] = [];
const noteThread = (thread: Worker): void => void threads.push(thread);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "antiphon-swap-"));
  process.on("worker", noteThread);
});
afterEach(async () => {
  await session?.close();
  await host[Symbol.asyncDispose]();
  threads.length = 0;
});
afterAll(async () => {
  process.off("worker", noteThread);
  await rm(folder, { recursive: true });
});

/** A conversation whose language model is a real one on a worker thread; `onGenerate` is told of every answer begun. */
async function converse(onGenerate: (count: number) => void = () => undefined): Promise<void> {
  host = await Host.open({
    name: "thinking",
    engines: {
      "language-model": {
        modelPath: fileURLToPath(new URL("../fixtures/llm/tiny.gguf", import.meta.url)),
        cacheDirectory: folder,
        threads: 1,
        spinning: false,
        precision: "stored",
        contextTokens: 1000,
        seatMemoryBytes: 2 ** 28,
      },
    },
  });
  const model = createLanguageModel(host.client("language-model"));
  let count = 0;
  const languageModel: LanguageModel = {
    ...model,
    generate: (request, options) => {
      onGenerate(++count);
      return model.generate(request, options);
    },
  };
  session = openVoiceSession(
    {
      detector: new FakeSpeechDetector(),
      endOfTurn: new FakeEndOfTurnDetector(),
      recognizer: new FakeSpeechRecognizer(PHRASES),
      languageModel,
      synthesizer: new FakeSpeechSynthesizer(),
    },
    {
      systemPrompt: "Be brief.",
      sampling: { temperature: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 0 },
      maxAnswerTokens: 400,
      speed: 1,
      leadMs: 200,
    },
    systemClock,
  );
  seen = [];
  events = session.events({ signal: new AbortController().signal })[Symbol.asyncIterator]();
}

/** Reads up to the first event of that type and turn. */
async function until(type: SessionEvent["type"], turn: number): Promise<void> {
  for (;;) {
    const next: IteratorResult<SessionEvent, unknown> = await events.next();
    if (next.done === true) throw new Error(`the conversation ended before ${type} of turn ${turn}`);
    seen.push(next.value);
    const { value } = next;
    if (value.type === type && "turn" in value && value.turn === turn) return;
  }
}

/** A question that is said into the answer, and the silence after it. The conversation's clock is its sound. */
function interruptAloud(): void {
  const sound = new Float32Array(16_000 * 2);
  sound.set(phrase(660));
  for (let start = 0; start < sound.length; start += 320)
    session?.push({ type: "audio", samples: sound.slice(start, start + 320) });
}

/** A message that is none makes the thread throw where nobody catches it, and never within onnxruntime. */
const kill = (): void => threads.at(-1)?.postMessage(null);

/** Whatever became of the turns before: this one is answered, and nothing of an ended one comes any more. */
async function expectAnswer(turn: number): Promise<void> {
  session?.push({ type: "text", text: "Are you there?" });
  await until("answer-audio", turn);
  session?.push({ type: "interrupt" });
  await until("answer-end", turn);
  const errors = seen.filter((event) => event.type === "error").map(({ code }) => code);
  expect(new Set(errors)).toEqual(new Set(["worker-crashed"]));
  const ends = seen.filter((event) => event.type === "answer-end").map((end) => end.turn);
  expect(ends).toEqual([...new Set(ends)]);
  expect(threads).toHaveLength(2);
}

describe("a conversation whose worker dies", () => {
  it("while an answer is heard: it says so, and answers the next question on a new one", async () => {
    await converse();
    session?.push({ type: "text", text: "Tell me all." });
    await until("answer-audio", 1);
    kill();
    await until("error", 1);
    await expectAnswer(2);
  });

  it("when the monitor has begun to answer behind its gate: both seats are rebuilt by the next question", async () => {
    await converse((count) => {
      if (count === 2) kill();
    });
    session?.push({ type: "text", text: "Tell me all." });
    await until("answer-audio", 1);
    interruptAloud();
    await until("answer-end", 2);
    await expectAnswer(3);
  });

  it("at the swap: the new generator's answer breaks off, the conversation does not", async () => {
    await converse();
    session?.push({ type: "text", text: "Tell me all." });
    await until("answer-audio", 1);
    interruptAloud();
    await until("answer-start", 2);
    kill();
    await until("error", 2);
    await expectAnswer(3);
  });
});
