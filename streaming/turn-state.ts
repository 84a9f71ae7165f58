import { DEFAULT_FLOOR_POLICY, OPEN_FLOOR } from "./floor.ts";
import type { Floor, FloorLevel, FloorPolicy, Verdict } from "./floor.ts";
import type { TurnManners } from "./turn-manners.ts";

/** How long silence must last, in milliseconds, before a turn counts as finished. */
export interface TurnPolicy extends FloorPolicy {
  /** The end-of-turn model says finished. */
  readonly finishedMs: number;
  /** The same, but the words neither ask nor demand anything. */
  readonly statementMs: number;
  /** It says unfinished, but the words form a question. */
  readonly questionMs: number;
  /** It says unfinished: at first, and at most for a speaker who pauses long. */
  readonly unfinishedMs: number;
  readonly unfinishedMaxMs: number;
  /** Probability from which the end-of-turn model's word is "finished". */
  readonly finishedProbability: number;
  /** Answers begun ahead for one turn; a speaker for whom more would be is answered once they have finished. */
  readonly speculationsAtMost: number;
}

export const DEFAULT_TURN_POLICY: TurnPolicy = {
  ...DEFAULT_FLOOR_POLICY,
  finishedMs: 288,
  statementMs: 704,
  questionMs: 480,
  unfinishedMs: 864,
  unfinishedMaxMs: 1664,
  finishedProbability: 0.5,
  speculationsAtMost: 4,
};

/** Which attempt at which turn a piece of work belongs to. */
export interface WorkKey {
  readonly turn: number;
  readonly revision: number;
}

/** What the user is doing. */
export type UserState =
  | { readonly phase: "silent" }
  /** Out of reach: nothing that was theirs goes on, and nothing is begun. */
  | { readonly phase: "away" }
  /** Or silent since `silentSinceMs`, where only the client ends the turn. */
  | { readonly phase: "speaking"; readonly silentSinceMs?: number }
  /** Silent since `sinceMs`, and nobody knows yet whether the turn is over. */
  | {
      readonly phase: "pausing";
      readonly sinceMs: number;
      readonly finishedProbability?: number | undefined;
      readonly text?: string | undefined;
      /** What the words were found to be; unclear ones are given all the patience there is. */
      readonly verdict?: Verdict | undefined;
      /** They want an answer, and none was begun ahead. */
      readonly isOwed?: boolean;
      /** Their client has said that they have finished. */
      readonly isCommitted?: boolean;
    };

export type Speaking = Extract<UserState, { readonly phase: "speaking" }>;
export type Pausing = Extract<UserState, { readonly phase: "pausing" }>;

/** What the assistant is doing: an answer behind the gate belongs to a turn that may still go on. */
export type AnswerState =
  | (WorkKey & {
      readonly gate: "closed" | "open";
      /** It is to nobody's words: there is something to say, or everybody had been silent for too long. */
      readonly isUnasked?: boolean;
    })
  | undefined;

export interface TurnState extends WorkKey {
  /** How many answers were begun ahead for which turn. */
  readonly speculations: { readonly turn: number; readonly count: number };
  readonly user: UserState;
  /** Where the turn at hand began to be spoken; of no meaning where it was not. */
  readonly spokenSinceMs: number;
  readonly answer: AnswerState;
  /** How the audible answer sounds; `full` where there is none. */
  readonly floor: Floor;
  /** How long this speaker's pauses within turns may become, learned from those they took. */
  readonly patienceMs: number;
  /** By what is heard; or by the client, who says when a turn is over, and then no sound takes the floor. */
  readonly taken: "automatic" | "manual";
  readonly manners: TurnManners;
  /** The turn whose words are to be answered as soon as the answer that they were said into is over. */
  readonly owedTurn: number | undefined;
  /** Since when nobody has spoken behind an answer that was heard to its end; undefined where nothing follows from that. */
  readonly quietSinceMs: number | undefined;
}

export const INITIAL_TURN_STATE: TurnState = {
  turn: 0,
  revision: 0,
  speculations: { turn: 0, count: 0 },
  user: { phase: "silent" },
  spokenSinceMs: 0,
  answer: undefined,
  floor: OPEN_FLOOR,
  patienceMs: 0,
  taken: "automatic",
  manners: {},
  owedTurn: undefined,
  quietSinceMs: undefined,
};

/** Whether the user is in the middle of a turn. */
export function isTalking({ user }: Pick<TurnState, "user">): boolean {
  return user.phase === "speaking" || user.phase === "pausing";
}

/** Whether the client has handed the turn over already. */
export function isCommitted({ user }: Pick<TurnState, "user">): boolean {
  return user.phase === "pausing" && user.isCommitted === true;
}

/** Whether the floor is nobody's: the assistant may say something unasked. */
export function isIdle({ user, answer }: Pick<TurnState, "user" | "answer">): boolean {
  return user.phase === "silent" && answer === undefined;
}

/** Whether something is to happen when time has passed, also where a client sends no more sound. */
export function isTimeAwaited(state: TurnState): boolean {
  const isEndAwaited = isTalking(state) && state.taken === "automatic";
  return isEndAwaited || state.floor.level !== "full" || state.quietSinceMs !== undefined;
}

export type TurnEvent =
  /** Perhaps speech, since `atMs`; a start or a false alarm follows. */
  | { readonly type: "speech-onset"; readonly atMs: number }
  | { readonly type: "false-alarm"; readonly atMs: number }
  /** Certain speech; `atMs` is its onset. */
  | { readonly type: "speech-start"; readonly atMs: number }
  /** Speech stopped at `atMs`, long enough ago to start working on an answer. */
  | { readonly type: "speech-pause"; readonly atMs: number }
  | { readonly type: "speech-resume"; readonly atMs: number }
  | ({ readonly type: "turn-scored"; readonly probability: number } & WorkKey)
  /** What was said so far in the current stretch was judged before its end. */
  | ({ readonly type: "speech-judged"; readonly verdict: Verdict; readonly atMs: number } & WorkKey)
  | ({
      readonly type: "transcript-ready";
      readonly text: string;
      /** Or the user said no more than that the assistant should be silent. */
      readonly verdict: Verdict | "stop";
      readonly atMs: number;
    } & WorkKey)
  /** The sample clock moved. */
  | { readonly type: "time-passed"; readonly nowMs: number }
  /** Something to answer at once: typed words, or none, where the context is to be answered as it stands, or to be spoken to. */
  | { readonly type: "text-typed"; readonly text: string; readonly isUnasked?: boolean }
  /** Something was put into the context. */
  | { readonly type: "context-added"; readonly atMs: number }
  | { readonly type: "turns-are"; readonly taken: TurnState["taken"]; readonly atMs: number }
  | { readonly type: "manners-are"; readonly manners: TurnManners; readonly atMs: number }
  /** The client says that what was said until `atMs` is all of the turn. */
  | { readonly type: "turn-committed"; readonly atMs: number }
  /** What the user is saying is to be forgotten. */
  | { readonly type: "clear"; readonly atMs: number }
  /** An answer was asked for that cannot begin yet: what is heard gives way to it. */
  | { readonly type: "answer-wanted" }
  /** The user asked for silence. */
  | { readonly type: "interrupt" }
  /** The way to the user is broken; it may come back. */
  | { readonly type: "disconnected" }
  | { readonly type: "reconnected" }
  /**
   * The answer has been played to its end, or has failed. `heardOutMs`: when its end was heard; missing where nothing was, or
   * somebody else goes on with it.
   */
  | { readonly type: "answer-end"; readonly turn: number; readonly heardOutMs?: number };

export type TurnCommand =
  /** Tell the world that the user speaks; what was followed as another turn until now goes on as this one. */
  | { readonly type: "announce-speech"; readonly turn: number; readonly atMs: number }
  /** Recognise what was said and judge whether it is finished. */
  | ({ readonly type: "judge-turn"; readonly atMs: number } & WorkKey)
  /** Begin an answer behind the gate. */
  | ({ readonly type: "prepare-answer"; readonly text: string } & WorkKey)
  /** Throw away everything made for this key. */
  | ({ readonly type: "drop-work" } & WorkKey)
  /** The turn is over; its answer may be heard. */
  | ({ readonly type: "open-gate"; readonly text: string } & WorkKey)
  /** The turn is over, and the answer that is heard goes on: its words are known when the next one is begun. */
  | ({ readonly type: "keep-words"; readonly text: string } & WorkKey)
  /** Lower, hold or restore an audible answer. */
  | { readonly type: "set-floor"; readonly turn: number; readonly level: FloorLevel; readonly atMs: number }
  /** The user wants silence: for a while nothing is said unasked. */
  | { readonly type: "keep-silent" }
  /** Stop an audible answer and keep what was heard of it. */
  | { readonly type: "stop-answer"; readonly turn: number }
  /** Tell the world that nobody has spoken for too long: the turn is the assistant's. */
  | { readonly type: "tell-silence"; readonly turn: number; readonly atMs: number }
  /** Nothing was said after all. */
  | { readonly type: "drop-turn"; readonly turn: number };
