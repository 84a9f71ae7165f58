import type { AudioFrame } from "../audio/index.ts";
import type { SamplingOptions } from "./contracts.ts";
import type { ErrorCode } from "./errors.ts";
import type { FloorLevel } from "./floor.ts";
import type { Decision } from "./monitor/index.ts";

/** What a transport tells the conversation. */
export type SessionInput =
  /** The next mono sound, at 16 kHz; the conversation counts the samples, they are its clock. */
  | { readonly type: "audio"; readonly samples: Float32Array }
  /** A typed question, an equal to a spoken one. */
  | { readonly type: "text"; readonly text: string }
  /** How much of a turn's answer the client's loudspeaker has played, from the answer's first sample. */
  | { readonly type: "playback"; readonly turn: number; readonly playedMs: number }
  /** The user asks for silence by a button. */
  | { readonly type: "interrupt" }
  /** The way to the user is broken: what they were saying and what they were told is over. */
  | { readonly type: "disconnected" }
  /** They are back; until then nothing that they said before counts. */
  | { readonly type: "reconnected" };

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
  /** How often work started for this turn was thrown away because the user went on. */
  readonly revisions: number;
}

/** What the conversation tells a transport. `turn` counts from 1; everything of a stopped turn is void at once. */
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
  /** `seat` is the one of the conversation's two that the answer is written on. */
  | { readonly type: "answer-start"; readonly turn: number; readonly seat: 0 | 1 }
  | { readonly type: "answer-delta"; readonly turn: number; readonly text: string }
  /** 20 ms of the answer at the synthesizer's rate, paced: never more than the lead ahead of real time. */
  | { readonly type: "answer-audio"; readonly turn: number; readonly frame: AudioFrame }
  /** After an interruption `text` is what was heard, not what was written. */
  | {
      readonly type: "answer-end";
      readonly turn: number;
      readonly outcome: AnswerOutcome;
      readonly text: string;
      readonly timings: TurnTimings;
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
}

/** One conversation, apart from how its sound travels. */
export interface VoiceSession {
  /** Takes an input in order. Never blocks. */
  push(input: SessionInput): void;
  /** The conversation's output; to be read by one reader. Ends after `close`. */
  events(options: { readonly signal: AbortSignal }): AsyncIterable<SessionEvent>;
  /** Stops everything and gives the conversation's memory back. */
  close(): Promise<void>;
}
