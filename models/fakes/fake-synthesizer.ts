import type {
  CallOptions,
  SpeechChunk,
  SpeechSynthesizer,
  SynthesizeRequest,
} from "../../streaming/index.ts";
import { tone } from "./tone.ts";

/** How long the fake voice takes for a word, and its pitch in Hz. */
export const FAKE_VOICE = { wordMs: 200, frequency: 220 } as const;

/** Says every word as a tone of {@link FAKE_VOICE}, one chunk a word. */
export class FakeSpeechSynthesizer implements SpeechSynthesizer {
  readonly sampleRate: number;
  readonly requests: SynthesizeRequest[] = [];

  constructor(sampleRate = 22_050) {
    this.sampleRate = sampleRate;
  }

  async *synthesize(request: SynthesizeRequest, { signal }: CallOptions): AsyncGenerator<SpeechChunk> {
    this.requests.push(request);
    const wordMs = FAKE_VOICE.wordMs / request.speed;
    const words = request.text.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
    const timings = words.map((text, index) => ({
      text,
      startMs: index * wordMs,
      endMs: (index + 1) * wordMs,
    }));
    for (const index of words.keys()) {
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      const samples = tone(FAKE_VOICE.frequency, wordMs, this.sampleRate);
      yield { samples, sampleRate: this.sampleRate, words: index === 0 ? timings : [] };
    }
  }
}
