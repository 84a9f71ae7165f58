import type { AudioFrame } from "../audio/index.ts";
import type { ChatMessage, SamplingOptions, ToolCall, ToolChoice } from "./contracts.ts";
import type { ErrorCode } from "./errors.ts";
import type { FloorLevel } from "./floor.ts";
import type { HearingManners } from "./hearing-manners.ts";
import type { Decision } from "./monitor/index.ts";
import type { SoundingWord } from "./playback-ledger.ts";
import type { SightLabel } from "./sight-contracts.ts";
import type { ToolBox } from "./tools.ts";
import type { TurnManners } from "./turn-manners.ts";

/** What a transport tells the conversation. */
export type SessionInput =
  /** The next mono sound, at 16 kHz; the conversation counts the samples, they are its clock. */
  | { readonly type: "audio"; readonly samples: Float32Array }
  /** A typed question, an equal to a spoken one. */
  | { readonly type: "text"; readonly text: string }
  /** How much of a turn's answer the client's loudspeaker has played, from the answer's first sample. */
  | { readonly type: "playback"; readonly turn: number; readonly playedMs: number }
  /** Other settings, for the answers that are not heard yet. */
  | { readonly type: "configure"; readonly settings: Partial<SessionOptions> }
  /** The client says that the user's turn is over, as of now. Where nothing was said, it is dropped. */
  | { readonly type: "commit" }
  /** What the user is saying is to be forgotten. */
  | { readonly type: "clear" }
  /** Something that was said elsewhere, or is to be known: no answer follows, but one that waits to be heard knows it. */
  | { readonly type: "add-context"; readonly messages: readonly ContextMessage[] }
  /** The whole conversation so far is to be this; the answer that is heard and what was said into it come behind it. */
  | { readonly type: "replace-context"; readonly messages: readonly ContextMessage[] }
  /**
   * What stands in the context is to be answered, without new words; where somebody is saying some whose end is heard, once
   * they have finished and have not been answered. A turn without `transcript-end`. With a `prompt`, that is to be answered, and nothing
   * else of it but the answer belongs to the conversation; where somebody is answered before, it is dropped.
   */
  | { readonly type: "respond"; readonly prompt?: readonly ChatMessage[] | undefined }
  /** The assistant is to say this unasked, as soon as nobody else talks or wants silence. A turn without `transcript-end`. */
  | { readonly type: "say"; readonly text: string }
  /** The user asks for silence by a button. */
  | { readonly type: "interrupt" }
  /** The way to the user is broken: what they were saying and what they were told is over. */
  | { readonly type: "disconnected" }
  /** They are back; until then nothing that they said before counts. */
  | { readonly type: "reconnected" };

/** A message of the past. */
export type ContextMessage =
  | { readonly role: "user"; readonly text: string }
  | {
      readonly role: "assistant";
      readonly text: string;
      readonly toolCalls?: readonly ToolCall[];
      /** It was not written, or not heard, to its end. */
      readonly isCut?: boolean;
    }
  /** The result of a call, such as one that was handed over. */
  | { readonly role: "tool"; readonly text: string; readonly toolCallId: string };

/** Why an answer is over. */
export type AnswerOutcome = "completed" | "interrupted" | "failed";

/**
 * Where a spoken turn's time went, in milliseconds after the last sample in which the user spoke (for a typed turn:
 * after its arrival). Negative where the work was done while the user still talked. Absent stages did not happen.
 */
export interface TurnTimings {
  readonly transcriptMs?: number;
  /** When the turn was judged finished and the answer may be heard. */
  readonly endOfTurnMs?: number;
  readonly firstTokenMs?: number;
  readonly firstClauseMs?: number;
  readonly firstAudioMs?: number;
  readonly promptTokens?: number;
  readonly cachedTokens?: number;
  /** How often work started for this turn was thrown away: the user went on, or the settings changed. */
  readonly revisions: number;
  /** How many answers were thrown away unheard since the last one that was heard. */
  readonly discarded: number;
  /** For how long they had been in the making. */
  readonly discardedMs: number;
}

/**
 * What the conversation tells a transport. `turn` counts from 1; everything of a stopped turn is void at once. `atMs` is a place in
 * the sound that was sent.
 */
export type SessionEvent =
  | { readonly type: "speech-start"; readonly turn: number; readonly atMs: number }
  | { readonly type: "speech-end"; readonly turn: number; readonly atMs: number }
  /** The hypothesis so far; its first `stableLength` characters will not change any more. */
  | {
      readonly type: "transcript-delta";
      readonly turn: number;
      readonly text: string;
      readonly stableLength: number;
    }
  | { readonly type: "transcript-end"; readonly turn: number; readonly text: string }
  /** What sounded like speech was none, or nothing was understood: the turn is over without an answer. */
  | { readonly type: "turn-dropped"; readonly turn: number }
  /** What the monitor makes of what the user is saying; the last one of a stretch counts. */
  | ({ readonly type: "decision"; readonly turn: number; readonly atMs: number } & Decision)
  /** Somebody may be talking into a turn's answer: it is heard lowered, is held where it stands, or goes on. */
  | { readonly type: "floor"; readonly turn: number; readonly level: FloorLevel; readonly atMs: number }
  /** An answer that was asked for by `respond` is not given: before it began, silence was asked for, or the way to the user broke. */
  | { readonly type: "respond-dropped" }
  /** What was said into an answer is to be answered behind it, as soon as nobody else talks; or is so no longer. */
  | { readonly type: "debt"; readonly isOwed: boolean }
  /** Nobody has spoken since an answer had been heard: the turn is the assistant's. It has no `transcript-end`. */
  | { readonly type: "silence-end"; readonly turn: number; readonly sinceMs: number; readonly atMs: number }
  /** `seat` is the one of the conversation's two that the answer is written on. */
  | { readonly type: "answer-start"; readonly turn: number; readonly seat: 0 | 1 }
  | { readonly type: "answer-delta"; readonly turn: number; readonly text: string }
  /** A tool is run, or handed over to whoever runs it. */
  | { readonly type: "tool-call"; readonly turn: number; readonly call: ToolCall }
  /** A call that was told of before is somebody else's to run. */
  | { readonly type: "tool-handed-over"; readonly turn: number; readonly call: ToolCall }
  /** What the language model is told of a call; none comes for one that was handed over. */
  | {
      readonly type: "tool-result";
      readonly turn: number;
      readonly callId: string;
      readonly outcome: "done" | "failed";
      readonly text: string;
    }
  /** When words of the answer sound, from its first sample on; known sentence by sentence, ahead of their sound. */
  | { readonly type: "answer-words"; readonly turn: number; readonly words: readonly SoundingWord[] }
  /** 20 ms of the answer at the synthesizer's rate, paced: never more than the lead ahead of real time. */
  | { readonly type: "answer-audio"; readonly turn: number; readonly frame: AudioFrame }
  /** No more sound of the answer follows. It is over when it has been heard, or stopped. */
  | { readonly type: "audio-end"; readonly turn: number }
  /**
   * The answer is over; completed once the client has played it to its end, as far as it tells. After an interruption `text` is
   * what was heard, not what was written.
   */
  | {
      readonly type: "answer-end";
      readonly turn: number;
      readonly outcome: AnswerOutcome;
      readonly text: string;
      /** It ended because it was as long as `maxAnswerTokens` lets it be, perhaps in the middle of a sentence. */
      readonly isCutShort?: boolean;
      /** It was begun before the turn was over. */
      readonly isAhead?: boolean;
      readonly timings: TurnTimings;
    }
  /** What a picture shows, once it has been looked at; of pictures of the same scene only one is. */
  | {
      readonly type: "view";
      /** How the client marked the picture. */
      readonly pictureMs?: number;
      /** What is in view, the likeliest first, then what the picture is like, such as dark. */
      readonly labels: readonly SightLabel[];
      readonly people: number;
      /** Whether any of it is certain enough to be named. */
      readonly isSure: boolean;
      /** What kind of thing it surely is, where none of its names is certain. */
      readonly kind?: string;
    }
  | {
      readonly type: "error";
      readonly turn: number | undefined;
      readonly code: ErrorCode;
      readonly message: string;
    };

export interface SessionOptions {
  readonly systemPrompt: string;
  readonly sampling: SamplingOptions;
  readonly maxAnswerTokens: number;
  /** Pace of the voice, 1 is its own. */
  readonly speed: number;
  /** How far audio may run ahead of real time. */
  readonly leadMs: number;
  /**
   * The same while somebody may be speaking: little for clients that can neither lower nor hold what they have, so that they fall silent
   * soon after an answer is held here. What is on its way until then is enough for a short noise. @default leadMs
   */
  readonly duckedLeadMs?: number;
  /** Who says when the user's turn is over: what is heard (the default), or the client by `commit`. */
  readonly turns?: "automatic" | "manual";
  /** How turns are taken. */
  readonly manners?: TurnManners;
  /** How speech is told from silence. */
  readonly hearing?: HearingManners;
  /** Whether a turn that is over is answered at once (the default), or only by `respond`. */
  readonly answers?: "always" | "when-asked";
  /** Whether answers are spoken, or only written. @default true */
  readonly spoken?: boolean;
  /** What the assistant can have done; nothing comes of it where the language model cannot call. */
  readonly tools?: ToolBox;
  /** @default "auto" */
  readonly toolChoice?: ToolChoice;
}

/** One conversation, apart from how its sound travels. */
export interface VoiceSession {
  /** Takes an input in order. Never blocks. */
  push(input: SessionInput): void;
  /**
   * Takes a picture of the user's camera, captured `ageMs` ago, or one that was attached to what is asked. `stampMs` comes
   * back with what it shows. Never blocks. Missing where nothing can see.
   */
  see?(picture: {
    readonly bytes: Uint8Array;
    readonly ageMs: number;
    readonly isAttached?: boolean;
    readonly stampMs?: number;
  }): void;
  /** The conversation's output; to be read by one reader. Ends after `close`. */
  events(options: { readonly signal: AbortSignal }): AsyncIterable<SessionEvent>;
  /** Stops everything and gives the conversation's memory back. */
  close(): Promise<void>;
}
