/**
 * What the conversation needs from models, and nothing more. `models/` implements these over networks,
 * `models/fakes/` as scripted twins; the session knows only this file.
 */

/** Every call can be told to stop; the promise or iterator then rejects with `signal.reason`. */
export interface CallOptions {
  readonly signal: AbortSignal;
}

/** One conversation's voice-activity state. */
export interface SpeechDetectorStream {
  /** Probability of speech in one window of exactly 512 samples at 16 kHz (32 ms). Windows must come in order. */
  score(window: Float32Array, options: CallOptions): Promise<number>;
  /** Forgets the past, e.g. after a gap in the stream. */
  reset(): void;
}

export interface SpeechDetector {
  openStream(): SpeechDetectorStream;
}

export interface EndOfTurnDetector {
  /** Probability that the speaker has finished, from the turn's samples at 16 kHz (the last 8 s are used). */
  score(samples: Float32Array, options: CallOptions): Promise<number>;
}

export interface Transcript {
  readonly text: string;
  /** Text tokens of the hypothesis, usable as the next call's `draft`. */
  readonly tokens: readonly number[];
  /** Probability of the no-speech token at the first step. */
  readonly noSpeechProbability: number;
  /** Mean log probability of the text tokens; 0 is certain. */
  readonly averageLogProbability: number;
  /** True where a guard (loop, hallucination, no speech) rejected the text; `text` is then empty. */
  readonly rejected: boolean;
}

export interface RecognizeRequest {
  /** Mono, 16 kHz, at most 30 s. */
  readonly samples: Float32Array;
  /** An earlier hypothesis of the same utterance: verified in one run, so a repeat costs almost nothing. */
  readonly draft?: readonly number[];
  /** "partial" gives way to everything else that the same worker has to do. */
  readonly urgency: "partial" | "final";
}

export interface SpeechRecognizer {
  recognize(request: RecognizeRequest, options: CallOptions): Promise<Transcript>;
}

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface SamplingOptions {
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  readonly minP: number;
  /** 1 is none. */
  readonly repetitionPenalty: number;
  readonly seed: number;
}

export interface GenerateRequest {
  /** Names the KV cache to use; its longest common prefix with `messages` is not computed again. */
  readonly seat: string;
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number;
  readonly sampling: SamplingOptions;
  readonly stop: readonly string[];
}

export type GenerationEvent =
  | {
      readonly type: "prompt-ready";
      readonly promptTokens: number;
      /** Tokens of the prompt that the seat already held. */
      readonly cachedTokens: number;
    }
  | { readonly type: "text-delta"; readonly text: string }
  | {
      readonly type: "generation-end";
      readonly reason: "stop" | "length";
      readonly completionTokens: number;
    };

export interface PrefillRequest {
  readonly seat: string;
  readonly messages: readonly ChatMessage[];
  /** Room to leave for the answer; as the answer's own request will say. */
  readonly maxTokens: number;
  /** Whether the last message is still growing, so that its end must not be closed. */
  readonly open: boolean;
}

export interface ScoreRequest {
  /** Holds the prompt afterwards. */
  readonly seat: string;
  readonly messages: readonly ChatMessage[];
  /** Room to leave as for an answer, so that a long context is cut where the seat's was. */
  readonly maxTokens: number;
  /** Texts, none empty, with which the assistant's turn might begin. */
  readonly choices: readonly string[];
}

export interface LanguageModel {
  generate(request: GenerateRequest, options: CallOptions): AsyncIterable<GenerationEvent>;
  /** Computes the seat's cache for a prompt that is likely to come. A no-op for models without a local cache. */
  prefill(request: PrefillRequest, options: CallOptions): Promise<void>;
  /**
   * How probable it is that the assistant's turn begins with each choice's first token, if with one of them: they add up
   * to 1. Costs one run of the network over what the seat lacks of the prompt. Only models with a local cache have it;
   * rejects with `inference-failed` where another call takes the seat meanwhile.
   */
  score?(request: ScoreRequest, options: CallOptions): Promise<readonly number[]>;
  /** Gives the seat's memory back. Unknown seats are fine. */
  releaseSeat(seat: string): Promise<void>;
}

export interface WordTiming {
  readonly text: string;
  /** From the start of the clause. */
  readonly startMs: number;
  readonly endMs: number;
}

export interface SpeechChunk {
  /** Mono at `sampleRate`; owned by the receiver. */
  readonly samples: Float32Array;
  readonly sampleRate: number;
  /** Words that begin to be known with this chunk: all of its sentence on a sentence's first chunk, none on the others. */
  readonly words: readonly WordTiming[];
}

export interface SynthesizeRequest {
  /** One clause or sentence as a person would write it. */
  readonly text: string;
  /** 1 is the voice's own pace, 2 twice as fast. */
  readonly speed: number;
}

export interface SpeechSynthesizer {
  /** In Hz. */
  readonly sampleRate: number;
  /** Sound in order, first chunk as early as possible. Text without anything speakable yields nothing. */
  synthesize(request: SynthesizeRequest, options: CallOptions): AsyncIterable<SpeechChunk>;
}
