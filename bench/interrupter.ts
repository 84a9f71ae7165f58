import { FRAME_MS, LISTENING_SAMPLE_RATE, msToSamples } from "../audio/index.ts";
import { audibleMs, FakeEndOfTurnDetector, FakeSpeechDetector, tone } from "../models/fakes/index.ts";
import { systemClock } from "../src/clock.ts";
import { openVoiceSession } from "../streaming/index.ts";
import type {
  SessionEvent,
  SessionModels,
  SessionOptions,
  SpeechRecognizer,
  VoiceSession,
} from "../streaming/index.ts";
import { pause } from "./bench.ts";

/** Three words a second, as people talk. */
const WORD_MS = 333;

/** Loud enough for a voice, and like no voice that might be played. */
const VOICE_HERTZ = 300;

/** How much of an answer is heard before something else is asked. */
const LISTEN_MS = 600;

/**
 * Somebody who asks a question in writing, and another one aloud while the first is being answered. What they say is a
 * tone that the recogniser knows the words of, so that only the language model and the voice cost anything.
 */
export class Interrupter {
  readonly #session: VoiceSession;
  readonly #events: AsyncIterator<SessionEvent, unknown>;
  readonly #controller = new AbortController();
  readonly #signal: AbortSignal;
  #saying = "";
  #voice: Float32Array = new Float32Array(0);

  constructor(
    models: Pick<SessionModels, "languageModel" | "synthesizer">,
    options: SessionOptions,
    signal: AbortSignal,
  ) {
    this.#signal = AbortSignal.any([signal, this.#controller.signal]);
    const recognizer: SpeechRecognizer = {
      recognize: async ({ samples, urgency }) => {
        await Promise.resolve();
        const words = this.#saying.split(" ");
        const said = Math.floor(audibleMs(samples, LISTENING_SAMPLE_RATE) / WORD_MS);
        const text = words.slice(0, urgency === "final" ? words.length : said).join(" ");
        return { text, tokens: [], noSpeechProbability: 0, averageLogProbability: -0.1, rejected: false };
      },
    };
    const ears = { detector: new FakeSpeechDetector(), endOfTurn: new FakeEndOfTurnDetector(), recognizer };
    this.#session = openVoiceSession({ ...models, ...ears }, options, systemClock);
    this.#events = this.#session.events({ signal: this.#signal })[Symbol.asyncIterator]();
    void this.#speak();
  }

  /** Asks `typed`, says `question` into its answer, and hears the beginning of the answer to that. */
  async ask(typed: string, question: string): Promise<void> {
    this.#session.push({ type: "text", text: typed });
    // Sound of the answer before may wait to be read; none of it comes after this.
    await this.#until("answer-start");
    await this.#hear();
    this.#saying = question;
    this.#voice = tone(VOICE_HERTZ, question.split(" ").length * WORD_MS);
    const { turn } = await this.#until("speech-start");
    let answered = 0;
    while (answered < turn) answered = (await this.#until("answer-start")).turn;
    await this.#hear();
  }

  async close(): Promise<void> {
    this.#controller.abort(new DOMException("enough was asked", "AbortError"));
    await this.#session.close();
  }

  /** Waits for sound, and hears a little of it. */
  async #hear(): Promise<void> {
    await this.#until("answer-audio");
    await pause(LISTEN_MS, this.#signal);
  }

  /** Their microphone: sound in real time, silence where they say nothing. */
  async #speak(): Promise<void> {
    const size = msToSamples(FRAME_MS, LISTENING_SAMPLE_RATE);
    const startMs = performance.now();
    for (let sentMs = 0; !this.#signal.aborted; sentMs += FRAME_MS) {
      const samples = new Float32Array(size);
      samples.set(this.#voice.subarray(0, size));
      this.#voice = this.#voice.subarray(size);
      this.#session.push({ type: "audio", samples });
      const aheadMs = sentMs + FRAME_MS - (performance.now() - startMs);
      if (aheadMs > 0) await pause(aheadMs, this.#signal).catch(() => undefined);
    }
  }

  async #until<Type extends SessionEvent["type"]>(
    type: Type,
  ): Promise<Extract<SessionEvent, { readonly type: Type }>> {
    for (;;) {
      const next = await this.#events.next();
      if (next.done === true) throw new Error("the conversation is over");
      const { value } = next;
      if (value.type === "error") throw new Error(`the conversation said ${value.code}: ${value.message}`);
      if (isOfType(value, type)) return value;
    }
  }
}

function isOfType<Type extends SessionEvent["type"]>(
  event: SessionEvent,
  type: Type,
): event is Extract<SessionEvent, { readonly type: Type }> {
  return event.type === type;
}
