import fastify, { type FastifyInstance } from "fastify";

import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { openaiHttp } from "../../src/dialects/openai-http/index.ts";
import { createLogger } from "../../src/logging.ts";
import { Metrics } from "../../src/server/metrics.ts";
import type { LanguageModel, SessionModels, SpeechSynthesizer } from "../../streaming/index.ts";
import type { BenchOptions } from "../bench.ts";
import { type Figure, series } from "../report.ts";

const VOICE_RATE = 22_050;
const REQUESTS = 100;
const PIECES = 200;
/** What this dialect may add to a message. */
const LIMITS = [{ statistic: "p95", bound: "at most", value: 2 }] as const;

/** What the dialect does between two pieces that a model makes. */
class Between {
  readonly times: number[] = [];

  async *pieces<Piece>(count: number, make: () => Piece): AsyncGenerator<Piece> {
    for (let index = 0; index < count; index++) {
      // Time for what follows from the last one.
      await new Promise((resolve) => setImmediate(resolve));
      const startMs = performance.now();
      yield make();
      this.times.push(performance.now() - startMs);
    }
  }
}

/** What requests, pieces of text and of sound cost on their way through the dialect. */
export async function measureOpenAiHttp({ note }: BenchOptions): Promise<readonly (Figure | undefined)[]> {
  note("requests of an OpenAI client");
  const requests = await withDialect({ languageModel: writing(new Between(), 1) }, async (app) => {
    const times: number[] = [];
    for (let index = 0; index < REQUESTS; index++) {
      const startMs = performance.now();
      await chat(app, false);
      times.push(performance.now() - startMs);
    }
    return times;
  });
  const text = new Between();
  await withDialect({ languageModel: writing(text, PIECES) }, (app) => chat(app, true));
  const formats: (Figure | undefined)[] = [];
  for (const format of ["wav", "mp3"]) {
    const sound = new Between();
    await withDialect({ synthesizer: speaking(sound) }, (app) => speak(app, format));
    formats.push(series(`openai-http: 100 ms of speech out, ${format}`, "ms", sound.times, LIMITS));
  }
  return [
    series("openai-http: a chat request", "ms", requests, LIMITS),
    series("openai-http: a piece of text out", "ms", text.times, LIMITS),
    ...formats,
  ];
}

async function withDialect<Result>(
  models: Partial<SessionModels>,
  use: (app: FastifyInstance) => Promise<Result>,
): Promise<Result> {
  const app = fastify();
  openaiHttp({
    app,
    config: loadConfig({ environment: {} }),
    clock: systemClock,
    logger: createLogger("silent"),
    metrics: new Metrics(),
    conversations: () => undefined,
    models: () => models as SessionModels,
    acceptSockets: () => undefined,
  });
  try {
    return await use(app);
  } finally {
    await app.close();
  }
}

async function chat(app: FastifyInstance, stream: boolean): Promise<void> {
  const payload = { stream, messages: [{ role: "user", content: "What colour is a banana?" }] };
  await app.inject({ method: "POST", url: "/v1/chat/completions", payload });
}

async function speak(app: FastifyInstance, format: string): Promise<void> {
  const payload = { input: "Good morning", response_format: format };
  await app.inject({ method: "POST", url: "/v1/audio/speech", payload });
}

function writing(between: Between, count: number): LanguageModel {
  return {
    generate: () => between.pieces(count, () => ({ type: "text-delta", text: "word " }) as const),
    prefill: () => Promise.resolve(),
    releaseSeat: () => Promise.resolve(),
  };
}

function speaking(between: Between): SpeechSynthesizer {
  const samples = Float32Array.from({ length: VOICE_RATE / 10 }, (_, index) => Math.sin(index / 10) / 2);
  return {
    sampleRate: VOICE_RATE,
    synthesize: () => between.pieces(PIECES, () => ({ samples, sampleRate: VOICE_RATE, words: [] })),
  };
}
