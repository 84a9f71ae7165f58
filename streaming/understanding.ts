import { LISTENING_SAMPLE_RATE } from "../audio/index.ts";
import { HypothesisAgreement } from "./agreement.ts";
import type { AgreedHypothesis } from "./agreement.ts";
import type { EndOfTurnDetector, Manner, SpeechRecognizer, Transcript } from "./contracts.ts";

/** Speech before the first partial hypothesis, and between two; shorter beginnings are hardly ever understood. */
const PARTIAL_EVERY_SAMPLES = 0.4 * LISTENING_SAMPLE_RATE;

/** The same over an answer: while it is held, words are waited for. */
const PARTIAL_OVER_ANSWER_SAMPLES = 0.24 * LISTENING_SAMPLE_RATE;

/**
 * The end-of-turn model learned from turns with 200 ms of silence behind them. It is asked after some 64 ms, what would
 * come if the silence lasts.
 */
const SUPPOSED_SILENCE_SAMPLES = 0.136 * LISTENING_SAMPLE_RATE;

/** What the end-of-turn model hears of a turn: its last 8 s. */
const JUDGED_SAMPLES = 8 * LISTENING_SAMPLE_RATE;

/** The recogniser takes 30 s; a longer utterance is cut at a quiet window after the first, anywhere after the second. */
const CUT_QUIET_SAMPLES = 20 * LISTENING_SAMPLE_RATE;
const CUT_ANYWHERE_SAMPLES = 28 * LISTENING_SAMPLE_RATE;

export interface UnderstandingObserver {
  /** The whole turn's words so far; the first `stableLength` characters will not change. `manner`: how it all sounds. */
  readonly onPartial: (text: string, stableLength: number, manner?: Manner) => void;
}

export interface UnderstandingModels {
  readonly recognizer: SpeechRecognizer;
  readonly endOfTurn: EndOfTurnDetector;
}

/** A turn whose words are wanted, on the sample clock. */
export interface TurnSound {
  /** Its sound begins there, some of the silence before it included. */
  readonly startSample: number;
  /** Its speech begins there. */
  readonly onsetSample: number;
}

/** How far a turn has come. */
export interface TurnProgress {
  readonly endSample: number;
  readonly quiet: boolean;
  /** Whether an answer is heard meanwhile. */
  readonly isOverAnswer: boolean;
}

/** A part of the turn that was cut off because the utterance grew too long. */
interface CutPart {
  /** As partial hypotheses show it; what was stable stays so. */
  shown: AgreedHypothesis;
  /** As it counts for the answer: recognised whole, until then or where that fails as last heard. */
  words: string;
  /** What the recogniser made of it as a whole. */
  whole?: Transcript;
}

/** What stands for the words of a stretch that could not be recognised. */
export const NOT_UNDERSTOOD: Transcript = {
  text: "",
  tokens: [],
  noSpeechProbability: 1,
  averageLogProbability: 0,
  rejected: true,
};

/** Words of one turn as they come in: partial hypotheses while the user speaks, a final one when they pause. */
export class Understanding {
  readonly #models: UnderstandingModels;
  readonly #observer: UnderstandingObserver;
  readonly #controller = new AbortController();
  #agreement = new HypothesisAgreement();
  #heard: AgreedHypothesis = NOTHING;
  #parts: readonly CutPart[] = [];
  readonly #turnStartSample: number;
  #startSample: number;
  /** Where the last partial hypothesis was asked for. */
  #partialSample: number;
  #draft: readonly number[] = [];
  #partial: AbortController | undefined;
  #final: AbortController | undefined;
  #cutting: Promise<void> = Promise.resolve();

  constructor(
    models: UnderstandingModels,
    { startSample, onsetSample }: TurnSound,
    observer: UnderstandingObserver,
  ) {
    this.#models = models;
    this.#observer = observer;
    this.#turnStartSample = startSample;
    this.#startSample = startSample;
    this.#partialSample = onsetSample;
  }

  /** The user goes on speaking. Asks for a partial hypothesis when it is time for one. */
  hear(
    { endSample, quiet, isOverAnswer }: TurnProgress,
    soundSince: (startSample: number) => Float32Array,
  ): void {
    const length = endSample - this.#startSample;
    if (length >= CUT_ANYWHERE_SAMPLES || (quiet && length >= CUT_QUIET_SAMPLES)) {
      this.#cut(soundSince(this.#startSample).subarray(0, length));
      this.#startSample = endSample;
      this.#partialSample = endSample;
      return;
    }
    const every = isOverAnswer ? PARTIAL_OVER_ANSWER_SAMPLES : PARTIAL_EVERY_SAMPLES;
    // In quiet the pause may be near, and its recognition would have to wait for this one.
    if (quiet || this.#partial !== undefined || endSample - this.#partialSample < every) return;
    this.#partialSample = endSample;
    void this.#recognizePartial(soundSince(this.#startSample));
  }

  /** The whole turn's words so far, waited for. Rejects when stopped. */
  async recognizeFinal(soundSince: (startSample: number) => Float32Array): Promise<Transcript> {
    this.#partial?.abort();
    // The one before was for less of the turn.
    this.#final?.abort();
    this.#final = new AbortController();
    const signal = AbortSignal.any([this.#final.signal, this.#controller.signal]);
    await this.#cutting;
    const last = await this.#recognize(soundSince(this.#startSample), "final", signal);
    // Behind a cut there may be silence alone, which says nothing of how sure the words before it are.
    const known = last.text === "" ? this.#parts.findLast(({ whole }) => whole?.text)?.whole : undefined;
    const text = joined([...this.#parts.map(({ words }) => words), last.text]);
    return { ...(known ?? last), tokens: last.tokens, text };
  }

  /** Probability that the turn is finished if nothing follows its sound for a moment. */
  async scoreEnd(soundSince: (startSample: number) => Float32Array): Promise<number> {
    // A turn that was just cut is more than the rest behind the cut.
    const sound = soundSince(Math.max(this.#turnStartSample, this.#startSample - JUDGED_SAMPLES));
    const supposed = new Float32Array(sound.length + SUPPOSED_SILENCE_SAMPLES);
    supposed.set(sound);
    return await this.#models.endOfTurn.score(supposed, this.#controller);
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
      const { text, manner } = await this.#recognize(samples, "partial", signal);
      this.#heard = this.#agreement.push(text);
      this.#showWhole(this.#parts.length === 0 ? manner : undefined);
    } catch {
      // A partial hypothesis is a courtesy; what keeps the recogniser from working shows in the final one.
    } finally {
      this.#partial = undefined;
    }
  }

  /** What is stable ends where the first part that is not stable as a whole goes on. */
  #showWhole(manner: Manner | undefined): void {
    const all = [...this.#parts.map(({ shown }) => shown), this.#heard];
    const growing = all.findIndex(({ text, stableText }) => text !== stableText);
    const stable = growing < 0 ? all : all.slice(0, growing + 1);
    const stableLength = joined(stable.map(({ stableText }) => stableText)).length;
    this.#observer.onPartial(joined(all.map(({ text }) => text)), stableLength, manner);
  }

  /** What was heard so far becomes a part of its own, which is recognised once more, as a whole. */
  #cut(samples: Float32Array): void {
    this.#partial?.abort();
    const part: CutPart = { shown: this.#heard, words: this.#heard.text };
    const request = { samples, draft: this.#draft, urgency: "final" } as const;
    const [agreement, before] = [this.#agreement, this.#cutting];
    this.#parts = [...this.#parts, part];
    this.#agreement = new HypothesisAgreement();
    this.#heard = NOTHING;
    this.#draft = [];
    this.#cutting = (async () => {
      await before;
      try {
        part.whole = await this.#models.recognizer.recognize(request, this.#controller);
        part.words = part.whole.text;
        part.shown = settled(agreement.push(part.words));
      } catch {
        // What was last heard of a stretch that could not be recognised stands; the turn goes on.
      }
    })();
  }

  async #recognize(
    samples: Float32Array,
    urgency: "partial" | "final",
    signal: AbortSignal,
  ): Promise<Transcript> {
    const request = { samples, draft: this.#draft, urgency };
    const transcript = await this.#models.recognizer.recognize(request, { signal });
    signal.throwIfAborted();
    this.#draft = transcript.tokens;
    return transcript;
  }
}

const NOTHING: AgreedHypothesis = { text: "", stableText: "" };

/** A hypothesis that no other will follow. */
function settled({ text }: AgreedHypothesis): AgreedHypothesis {
  return { text, stableText: text };
}

function joined(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join(" ");
}
