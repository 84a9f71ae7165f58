import {
  FakeEndOfTurnDetector,
  FakeLanguageModel,
  FakeSpeechDetector,
  FakeSpeechRecognizer,
  FakeSpeechSynthesizer,
  tone,
} from "../../models/fakes/index.ts";

/** What the fake recognizer understands, by frequency in Hz. */
export const PHRASES = { 440: "What is the capital of France?", 660: "What colour is a banana?" } as const;

/** The sound of a phrase. */
export function phrase(frequency: keyof typeof PHRASES, sampleRate = 16_000, durationMs = 600): Float32Array {
  return tone(frequency, durationMs, sampleRate);
}

const ANSWERS: Readonly<Record<string, string>> = {
  [PHRASES[440]]: "The capital of France is Paris.",
  [PHRASES[660]]: "A banana is yellow.",
};

/**
 * All models of a conversation, scripted, and open to inspection.
 * @param otherwise - what sounds say that are none of {@link PHRASES}; by default nothing.
 */
export function fakeModels(otherwise?: string) {
  return {
    detector: new FakeSpeechDetector(),
    endOfTurn: new FakeEndOfTurnDetector(),
    recognizer: new FakeSpeechRecognizer(PHRASES, otherwise),
    languageModel: new FakeLanguageModel((question) => ANSWERS[question] ?? `You said ${question}`),
    synthesizer: new FakeSpeechSynthesizer(),
    workers: () => [],
    close: async (): Promise<void> => {
      await Promise.resolve();
    },
  };
}
