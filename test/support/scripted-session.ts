import { FRAME_MS, msToSamples } from "../../audio/index.ts";
import { tone } from "../../models/fakes/index.ts";
import type { SessionEvent, SessionInput, VoiceSession } from "../../streaming/index.ts";

const VOICE_RATE = 22_050;
const PAUSE_MS = 200;

/**
 * A conversation without models: takes loud sound for a question and quiet after it for its end, answers with a tone
 * of `answerMs`, paced in real time, and stops when somebody talks over it.
 */
export class ScriptedSession implements VoiceSession {
  readonly inputs: SessionInput[] = [];
  closed = false;
  readonly #answerMs: number;
  readonly #queue: SessionEvent[] = [];
  #wake: () => void = () => undefined;
  #turn = 0;
  #speaking = false;
  #quietMs = 0;
  #pace: NodeJS.Timeout | undefined;
  #playedMs = 0;

  constructor(answerMs = 600) {
    this.#answerMs = answerMs;
  }

  push(input: SessionInput): void {
    this.inputs.push(input);
    if (input.type === "text") {
      this.#turn += 1;
      this.#answer(input.text);
    } else if (input.type === "interrupt" || input.type === "disconnected") this.#endAnswer("interrupted");
    else if (input.type === "audio") this.#hear(input.samples);
  }

  async *events({ signal }: { readonly signal: AbortSignal }): AsyncGenerator<SessionEvent> {
    const wake = (): void => {
      this.#wake();
    };
    signal.addEventListener("abort", wake);
    while (!this.closed) {
      signal.throwIfAborted();
      const event = this.#queue.shift();
      if (event !== undefined) yield event;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    signal.removeEventListener("abort", wake);
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.closed = true;
    clearInterval(this.#pace);
    this.#wake();
  }

  #hear(samples: Float32Array): void {
    const loud = samples.some((sample) => Math.abs(sample) > 0.1);
    this.#quietMs = loud ? 0 : this.#quietMs + samples.length / 16;
    if (loud && !this.#speaking) {
      this.#speaking = true;
      this.#endAnswer("interrupted");
      this.#turn += 1;
      this.#emit({ type: "speech-start", turn: this.#turn, atMs: 0 });
      this.#emit({ type: "transcript-delta", turn: this.#turn, text: "what is", stableLength: 4 });
    } else if (this.#speaking && this.#quietMs >= PAUSE_MS) {
      this.#speaking = false;
      this.#emit({ type: "speech-end", turn: this.#turn, atMs: 0 });
      this.#answer("what is that");
    }
  }

  #answer(question: string): void {
    const turn = this.#turn;
    this.#emit({ type: "transcript-end", turn, text: question });
    this.#emit({ type: "answer-start", turn, seat: 1 });
    this.#emit({ type: "answer-delta", turn, text: `You said: ${question}` });
    this.#playedMs = 0;
    const voice = tone(220, this.#answerMs, VOICE_RATE);
    const frameSamples = msToSamples(FRAME_MS, VOICE_RATE);
    this.#pace = setInterval(() => {
      const startSample = msToSamples(this.#playedMs, VOICE_RATE);
      const samples = voice.slice(startSample, startSample + frameSamples);
      const frame = { samples, sampleRate: VOICE_RATE };
      this.#emit({ type: "answer-audio", turn, frame });
      this.#playedMs += FRAME_MS;
      if (this.#playedMs < this.#answerMs) return;
      this.#emit({ type: "audio-end", turn });
      this.#endAnswer("completed");
    }, FRAME_MS);
  }

  #endAnswer(outcome: "completed" | "interrupted"): void {
    if (this.#pace === undefined) return;
    clearInterval(this.#pace);
    this.#pace = undefined;
    const timings = { transcriptMs: 1, firstAudioMs: 2, revisions: 0, discarded: 0, discardedMs: 0 };
    this.#emit({ type: "answer-end", turn: this.#turn, outcome, text: "You said", timings });
  }

  #emit(event: SessionEvent): void {
    this.#queue.push(event);
    this.#wake();
  }
}
