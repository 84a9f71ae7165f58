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

/**
 * How a stretch of sound may be meant, by its sound alone: speech near the microphone, speech from afar or turned away, a
 * sign of listening, a command to be silent, no speech.
 */
export const MANNERS = ["near", "far", "backchannel", "stop", "noise"] as const;

/** Probabilities, if one of them is right and none is likelier beforehand. */
export type Manner = Readonly<Record<(typeof MANNERS)[number], number>>;

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
  /** How it sounds, whatever its words are; undefined where nothing was trained to tell. */
  readonly manner?: Manner;
  /** When each word was said, from the first sample, where that was asked for and can be told. */
  readonly words?: readonly WordTiming[];
}

export interface RecognizeRequest {
  /** Mono, 16 kHz, at most 30 s. */
  readonly samples: Float32Array;
  /** An earlier hypothesis of the same utterance: verified in one run, so a repeat costs almost nothing. */
  readonly draft?: readonly number[];
  /** "partial" gives way to what is final, and what nobody waits for by ear, "background", to both. */
  readonly urgency: "partial" | "final" | "background";
  /** Whether to find out when each word was said. @default false */
  readonly words?: boolean;
}

export interface SpeechRecognizer {
  recognize(request: RecognizeRequest, options: CallOptions): Promise<Transcript>;
}

export interface TextPart {
  readonly type: "text";
  readonly text: string;
}

/** A picture in a message, as the vectors that the language model reads in place of words. */
export interface FramePart {
  readonly type: "frame";
  /** Names the picture: the same again for the same picture. */
  readonly id: string;
  /** [vectors, the language model's hidden size], with all that stands around them in its prompts. */
  readonly embeddings: Float32Array;
  /** The picture itself, for language models on a server. */
  readonly jpeg?: Uint8Array;
}

/** A JSON schema, as written. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Something that the language model may have done. */
export interface ToolSpec {
  /** Letters, digits, "_" and "-", at most 64. */
  readonly name: string;
  /** When to use it, for the language model. */
  readonly description: string;
  /** Of an object. */
  readonly parameters: JsonSchema;
  /** Whether it changes something in the world, so that the user's own word is needed before. @default false */
  readonly sideEffect?: boolean;
}

/** The language model's wish to have a tool run. */
export interface ToolCall {
  /** Names the call within its conversation. */
  readonly id: string;
  readonly name: string;
  /** JSON of an object; of a remote model not to be relied on. */
  readonly arguments: string;
}

/** Which tools an answer may call: as it likes, one at least, none, or this one. */
export type ToolChoice = "auto" | "required" | "none" | { readonly name: string };

export interface ChatMessage {
  /** A "tool" tells the result of a call. */
  readonly role: "system" | "user" | "assistant" | "tool";
  /** Text, or text and frames in the order in which they are meant. */
  readonly content: string | readonly (TextPart | FramePart)[];
  /** Of an assistant: what it called after saying `content`, which may be empty. */
  readonly toolCalls?: readonly ToolCall[];
  /** Of a tool: the call whose result `content` is. */
  readonly toolCallId?: string;
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
  /**
   * Names what the messages are the newest part of: what was computed for the same name may be used where the oldest ones behind the
   * system prompt are gone by now, though it was computed behind those. By default only what begins alike is.
   */
  readonly context?: string;
  readonly maxTokens: number;
  readonly sampling: SamplingOptions;
  readonly stop: readonly string[];
  /** What may be called; ignored by models that cannot (`LanguageModel.callsTools`). */
  readonly tools?: readonly ToolSpec[];
  /** @default "auto" */
  readonly toolChoice?: ToolChoice;
  /** Whether it gives way to all conversations. @default false */
  readonly inBackground?: boolean;
  /** Whether it is spoken as it is written: what is wanted because of a piece of text goes before the next piece. @default false */
  readonly spoken?: boolean;
  /** Whether it may end only where a sentence does; heeded by models that write token by token here. @default false */
  readonly wholeSentences?: boolean;
}

export type GenerationEvent =
  | {
      readonly type: "prompt-ready";
      readonly promptTokens: number;
      /** Tokens of the prompt that the seat already held. */
      readonly cachedTokens: number;
    }
  | { readonly type: "text-delta"; readonly text: string }
  /** After all text, whole; there may be several. */
  | { readonly type: "tool-call"; readonly call: ToolCall }
  | {
      readonly type: "generation-end";
      readonly reason: "stop" | "length" | "tool-calls";
      readonly completionTokens: number;
    };

export interface PrefillRequest {
  readonly seat: string;
  readonly messages: readonly ChatMessage[];
  /** As an answer's. */
  readonly context?: string;
  /** Room to leave for the answer; as the answer's own request will say. */
  readonly maxTokens: number;
  /** Whether the last message is still growing, so that its end must not be closed. */
  readonly open: boolean;
}

export interface ScoreRequest {
  /** Holds the prompt afterwards. */
  readonly seat: string;
  readonly messages: readonly ChatMessage[];
  /** As an answer's. */
  readonly context?: string;
  /** Room to leave as for an answer, so that a long context is cut where the seat's was. */
  readonly maxTokens: number;
  /** Texts, none empty, with which the assistant's turn might begin. */
  readonly choices: readonly string[];
}

export interface LanguageModel {
  /** Whether it heeds a request's `tools`. @default false */
  readonly callsTools?: boolean;
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
  /** From the start of the clause, or of what was heard. */
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
  /** Whether it gives way to all conversations. @default false */
  readonly inBackground?: boolean;
}

export interface SpeechSynthesizer {
  /** In Hz. */
  readonly sampleRate: number;
  /** Sound in order, first chunk as early as possible. Text without anything speakable yields nothing. */
  synthesize(request: SynthesizeRequest, options: CallOptions): AsyncIterable<SpeechChunk>;
}
