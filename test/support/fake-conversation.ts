import { onTestFinished } from "vitest";

import {
  FakeEndOfTurnDetector,
  FakeLanguageModel,
  FakeSpeechDetector,
  FakeSpeechRecognizer,
  FakeSpeechSynthesizer,
  tone,
} from "../../models/fakes/index.ts";
import { openVoiceSession } from "../../streaming/index.ts";
import type { SessionEvent, SessionModels, SessionOptions, VoiceSession } from "../../streaming/index.ts";
import { ManualClock } from "./manual-clock.ts";

/** Frequencies in Hz of what the user can say. */
export const FRANCE = 400;
export const STOP = 700;
export const AGREE = 1000;

export const PHRASES = { [FRANCE]: "What is the capital of France?", [STOP]: "And of Italy?" };
export const ANSWERS: Record<string, string> = {
  "What is the capital of France?": "The capital of France is Paris. It lies on the river Seine.",
  "And of Italy?": "Rome.",
};

const FRAME_SAMPLES = 320;

export async function settle(): Promise<void> {
  for (let round = 0; round < 12; round++) await new Promise((resolve) => setImmediate(resolve));
}

/** A conversation over scripted models on a clock that the test moves with the sound. */
export class FakeConversation {
  readonly clock = new ManualClock();
  readonly languageModel: FakeLanguageModel;
  readonly recognizer = new FakeSpeechRecognizer(PHRASES);
  readonly endOfTurn = new FakeEndOfTurnDetector();
  readonly session: VoiceSession;
  readonly events: SessionEvent[] = [];
  /** The same, with the times at which they came. */
  readonly timed: { readonly event: SessionEvent; readonly atMs: number }[] = [];
  readonly #controller = new AbortController();

  constructor(
    overrides: Partial<SessionModels> = {},
    answer: FakeLanguageModel["answer"] = (question) => ANSWERS[question] ?? "Yes.",
    options: Partial<SessionOptions> = {},
  ) {
    this.languageModel = new FakeLanguageModel(answer);
    const models = {
      detector: new FakeSpeechDetector(),
      endOfTurn: this.endOfTurn,
      recognizer: this.recognizer,
      languageModel: this.languageModel,
      synthesizer: new FakeSpeechSynthesizer(),
      ...overrides,
    };
    this.session = openVoiceSession(
      models,
      {
        systemPrompt: "Be brief.",
        sampling: { temperature: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 0 },
        maxAnswerTokens: 50,
        speed: 1,
        leadMs: 200,
        ...options,
      },
      this.clock,
    );
    void this.#collect();
  }

  async #collect(): Promise<void> {
    for await (const event of this.session.events(this.#controller)) {
      this.events.push(event);
      this.timed.push({ event, atMs: this.clock.nowMs() });
    }
  }

  /** Real time passes while this sound (or silence) comes in. */
  async hear(samples: Float32Array): Promise<void> {
    for (let start = 0; start < samples.length; start += FRAME_SAMPLES) {
      const frame = new Float32Array(FRAME_SAMPLES);
      frame.set(samples.subarray(start, start + FRAME_SAMPLES));
      this.session.push({ type: "audio", samples: frame });
      this.clock.advance(20);
      await settle();
    }
  }

  async say(frequency: number, durationMs = 800): Promise<void> {
    await this.hear(tone(frequency, durationMs));
  }

  /** The same sound 20 times faster than it plays. */
  async flood(frequency: number, durationMs: number): Promise<void> {
    const sound = tone(frequency, durationMs);
    for (let start = 0; start < sound.length; start += FRAME_SAMPLES) {
      this.session.push({ type: "audio", samples: sound.slice(start, start + FRAME_SAMPLES) });
      this.clock.advance(1);
      if (start % (20 * FRAME_SAMPLES) === 0) await settle();
    }
    await settle();
  }

  async silence(durationMs: number): Promise<void> {
    await this.hear(new Float32Array(durationMs * 16));
  }

  of<Type extends SessionEvent["type"]>(type: Type): Extract<SessionEvent, { type: Type }>[] {
    return this.events.filter((event): event is Extract<SessionEvent, { type: Type }> => event.type === type);
  }

  async close(): Promise<void> {
    await this.session.close();
    await settle();
  }
}

/** A conversation that ends with the test. */
export function converse(...settings: ConstructorParameters<typeof FakeConversation>): FakeConversation {
  const conversation = new FakeConversation(...settings);
  onTestFinished(async () => {
    await conversation.close();
  });
  return conversation;
}
