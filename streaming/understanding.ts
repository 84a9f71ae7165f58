import { LISTENING_SAMPLE_RATE } from "../audio/index.ts";
import { HypothesisAgreement } from "./agreement.ts";
import type { EndOfTurnDetector, SpeechRecognizer, Transcript } from "./contracts.ts";

/** Sound between two partial hypotheses. */
const PARTIAL_EVERY_SAMPLES = 0.4 * LISTENING_SAMPLE_RATE;

/** The recogniser takes 30 s; a longer utterance is cut at a quiet window after the first, anywhere after the second. */
const CUT_QUIET_SAMPLES = 20 * LISTENING_SAMPLE_RATE;
const CUT_ANYWHERE_SAMPLES = 28 * LISTENING_SAMPLE_RATE;

export interface UnderstandingObserver {
  readonly onPartial: (text: string, stableLength: number) => void;
}

export interface UnderstandingModels {
  readonly recognizer: SpeechRecognizer;
  readonly endOfTurn: EndOfTurnDetector;
}

/** Words of one turn as they come in: partial hypotheses while the user speaks, a final one when they pause. */
export class Understanding {
  readonly #models: UnderstandingModels;
  readonly #observer: UnderstandingObserver;
  readonly #controller = new AbortController();
  #agreement = new HypothesisAgreement();
  /** Text of parts that were cut off because the utterance grew too long. */
  #finishedText = "";
  #startSample: number;
  #heardSample: number;
  #draft: readonly number[] = [];
  #partial: AbortController | undefined;
  #final: AbortController | undefined;
  #cutting: Promise<void> = Promise.resolve();

  constructor(models: UnderstandingModels, startSample: number, observer: UnderstandingObserver) {
    this.#models = models;
    this.#observer = observer;
    this.#startSample = startSample;
    this.#heardSample = startSample;
  }

  /** The user goes on speaking, up to `endSample`. Asks for a partial hypothesis when it is time for one. */
  hear(endSample: number, quiet: boolean, soundSince: (startSample: number) => Float32Array): void {
    const length = endSample - this.#startSample;
    if (length >= CUT_ANYWHERE_SAMPLES || (quiet && length >= CUT_QUIET_SAMPLES)) {
      this.#cut(soundSince(this.#startSample).subarray(0, length));
      this.#startSample = endSample;
      this.#heardSample = endSample;
      return;
    }
    if (this.#partial !== undefined || endSample - this.#heardSample < PARTIAL_EVERY_SAMPLES) return;
    this.#heardSample = endSample;
    void this.#recognizePartial(soundSince(this.#startSample));
  }

  /** The whole turn's words so far, waited for. Rejects when stopped. */
  async recognizeFinal(soundSince: (startSample: number) => Float32Array): Promise<string> {
    this.#partial?.abort();
    // The one before was for less of the turn.
    this.#final?.abort();
    this.#final = new AbortController();
    const signal = AbortSignal.any([this.#final.signal, this.#controller.signal]);
    await this.#cutting;
    const transcript = await this.#recognize(soundSince(this.#startSample), "final", signal);
    return this.#joined(transcript.text);
  }

  /** Probability that the turn is finished, from its sound. */
  async scoreEnd(soundSince: (startSample: number) => Float32Array): Promise<number> {
    return await this.#models.endOfTurn.score(soundSince(this.#startSample), this.#controller);
  }

  /** Ends all work for this turn. */
  stop(): void {
    this.#controller.abort(new DOMException("the turn is over", "AbortError"));
  }

  async #recognizePartial(samples: Float32Array): Promise<void> {
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, this.#controller.signal]);
    this.#partial = controller;
    try {
      const { text } = await this.#recognize(samples, "partial", signal);
      const agreed = this.#agreement.push(text);
      this.#observer.onPartial(this.#joined(agreed.text), this.#joined(agreed.stableText).length);
    } catch {
      // A partial hypothesis is a courtesy; what keeps the recogniser from working shows in the final one.
    } finally {
      this.#partial = undefined;
    }
  }

  #cut(samples: Float32Array): void {
    this.#partial?.abort();
    this.#agreement = new HypothesisAgreement();
    const before = this.#cutting;
    this.#cutting = (async () => {
      await before;
      try {
        const { text } = await this.#recognize(samples, "final", this.#controller.signal);
        this.#finishedText = this.#joined(text);
      } catch {
        // A stretch that could not be recognised is missing from the turn, which goes on.
      }
      this.#draft = [];
    })();
  }

  async #recognize(
    samples: Float32Array,
    urgency: "partial" | "final",
    signal: AbortSignal,
  ): Promise<Transcript> {
    const transcript = await this.#models.recognizer.recognize(
      { samples, draft: this.#draft, urgency },
      { signal },
    );
    this.#draft = transcript.tokens;
    return transcript;
  }

  #joined(text: string): string {
    return [this.#finishedText, text].filter((part) => part !== "").join(" ");
  }
}
