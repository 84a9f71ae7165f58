import type {
  CallOptions,
  EndOfTurnDetector,
  RecognizeRequest,
  SpeechDetector,
  SpeechDetectorStream,
  SpeechRecognizer,
  Transcript,
} from "../../streaming/index.ts";
import { audibleMs, dominantFrequency } from "./tone.ts";

const SAMPLE_RATE = 16_000;

/** Hears speech in everything loud. */
export class FakeSpeechDetector implements SpeechDetector {
  openStream(): SpeechDetectorStream {
    return {
      score: async (window, { signal }) => {
        await Promise.resolve();
        signal.throwIfAborted();
        const energy = window.reduce((sum, sample) => sum + sample * sample, 0) / window.length;
        return energy > 1e-3 ? 0.95 : 0.02;
      },
      reset: () => undefined,
    };
  }
}

/** Finds every turn as finished as `probability` says. */
export class FakeEndOfTurnDetector implements EndOfTurnDetector {
  /** May be changed between turns. */
  probability: number;
  calls = 0;

  constructor(probability = 0.95) {
    this.probability = probability;
  }

  async score(_samples: Float32Array, { signal }: CallOptions): Promise<number> {
    await Promise.resolve();
    signal.throwIfAborted();
    this.calls += 1;
    return this.probability;
  }
}

/** Speaking pace of the fake voice: partial hypotheses grow by one word in this time. */
const FAKE_WORD_MS = 100;

/**
 * Understands tones: `phrases` maps a frequency in Hz to what it says. Other sounds say `otherwise`; where that is
 * missing they are not understood. Silence never is.
 */
export class FakeSpeechRecognizer implements SpeechRecognizer {
  readonly #phrases: ReadonlyMap<number, string>;
  readonly #otherwise: string | undefined;
  readonly requests: RecognizeRequest[] = [];

  constructor(phrases: Readonly<Record<number, string>>, otherwise?: string) {
    this.#otherwise = otherwise;
    this.#phrases = new Map(Object.entries(phrases).map(([frequency, text]) => [Number(frequency), text]));
  }

  async recognize(request: RecognizeRequest, { signal }: CallOptions): Promise<Transcript> {
    await Promise.resolve();
    signal.throwIfAborted();
    this.requests.push(request);
    const heard = dominantFrequency(request.samples, SAMPLE_RATE);
    const known = [...this.#phrases].find(([frequency]) => Math.abs(heard / frequency - 1) < 0.03);
    const phrase = heard === 0 ? undefined : (known?.[1] ?? this.#otherwise);
    if (phrase === undefined) {
      return { text: "", tokens: [], noSpeechProbability: 0.95, averageLogProbability: -2, rejected: true };
    }
    const words = phrase.split(" ");
    const spoken = Math.round(audibleMs(request.samples, SAMPLE_RATE) / FAKE_WORD_MS);
    const understood = request.urgency === "partial" ? words.slice(0, spoken) : words;
    return {
      text: understood.join(" "),
      tokens: understood.map((_, index) => index),
      noSpeechProbability: 0.02,
      averageLogProbability: -0.1,
      rejected: false,
      ...(request.words === true && {
        words: understood.map((text, index) => ({
          text,
          startMs: index * FAKE_WORD_MS,
          endMs: (index + 1) * FAKE_WORD_MS,
        })),
      }),
    };
  }
}
