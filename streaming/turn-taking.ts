/**
 * Who has the floor, as one pure function: state × event → state + commands. It knows no audio, no models and no
 * timers: time is the conversation's sample clock, which arrives with the events, so every decision can be replayed.
 *
 * Work for a turn starts at the first plausible end of the user's speech and stays behind a gate keyed by (turn,
 * revision): when the user goes on, the revision grows and the work of the older one is thrown away unheard.
 */

/** How long silence must last, in milliseconds, before a turn counts as finished. */
export interface TurnPolicy {
  /** The end-of-turn model says finished. */
  readonly finishedMs: number;
  /** It says unfinished, but the words form a question. */
  readonly questionMs: number;
  /** It says unfinished: at first, and at most for a speaker who pauses long. */
  readonly unfinishedMs: number;
  readonly unfinishedMaxMs: number;
  /** Probability from which the end-of-turn model's word is "finished". */
  readonly finishedProbability: number;
}

export const DEFAULT_TURN_POLICY: TurnPolicy = {
  finishedMs: 288,
  questionMs: 480,
  unfinishedMs: 864,
  unfinishedMaxMs: 1664,
  finishedProbability: 0.5,
};

/** Which attempt at which turn a piece of work belongs to. */
export interface WorkKey {
  readonly turn: number;
  readonly revision: number;
}

/** What the user is doing. */
type UserState =
  | { readonly phase: "silent" }
  /** Out of reach: nothing that was theirs goes on, and nothing is begun. */
  | { readonly phase: "away" }
  | { readonly phase: "speaking" }
  /** Silent since `sinceMs`, and nobody knows yet whether the turn is over. */
  | {
      readonly phase: "pausing";
      readonly sinceMs: number;
      readonly finishedProbability?: number | undefined;
      readonly text?: string | undefined;
    };

/** What the assistant is doing: an answer behind the gate belongs to a turn that may still go on. */
type AnswerState = (WorkKey & { readonly gate: "closed" | "open" }) | undefined;

export interface TurnState extends WorkKey {
  readonly user: UserState;
  readonly answer: AnswerState;
  /** How long this speaker's pauses within turns may become, learned from those they took. */
  readonly patienceMs: number;
}

export const INITIAL_TURN_STATE: TurnState = {
  turn: 0,
  revision: 0,
  user: { phase: "silent" },
  answer: undefined,
  patienceMs: 0,
};

export type TurnEvent =
  /** Certain speech; `atMs` is its onset. */
  | { readonly type: "speech-start"; readonly atMs: number }
  /** Speech stopped at `atMs`, long enough ago to start working on an answer. */
  | { readonly type: "speech-pause"; readonly atMs: number }
  | { readonly type: "speech-resume"; readonly atMs: number }
  | ({ readonly type: "turn-scored"; readonly probability: number } & WorkKey)
  | ({ readonly type: "transcript-ready"; readonly text: string } & WorkKey)
  /** The sample clock moved. */
  | { readonly type: "time-passed"; readonly nowMs: number }
  | { readonly type: "text-typed"; readonly text: string }
  /** The user asked for silence. */
  | { readonly type: "interrupt" }
  /** The way to the user is broken; it may come back. */
  | { readonly type: "disconnected" }
  | { readonly type: "reconnected" }
  /** The answer has been played to its end, or has failed. */
  | { readonly type: "answer-end"; readonly turn: number };

export type TurnCommand =
  /** Tell the world that the user speaks. */
  | { readonly type: "announce-speech"; readonly turn: number; readonly atMs: number }
  /** Recognise what was said and judge whether it is finished. */
  | ({ readonly type: "judge-turn"; readonly atMs: number } & WorkKey)
  /** Begin an answer behind the gate. */
  | ({ readonly type: "prepare-answer"; readonly text: string } & WorkKey)
  /** Throw away everything made for this key. */
  | ({ readonly type: "drop-work" } & WorkKey)
  /** The turn is over; its answer may be heard. */
  | ({ readonly type: "open-gate"; readonly text: string } & WorkKey)
  /** Stop an audible answer and keep what was heard of it. */
  | { readonly type: "stop-answer"; readonly turn: number }
  /** Nothing was said after all. */
  | { readonly type: "drop-turn"; readonly turn: number };

export interface Transition {
  readonly state: TurnState;
  readonly commands: readonly TurnCommand[];
}

/** The one place where turns are decided. */
export function takeTurn(state: TurnState, event: TurnEvent, policy = DEFAULT_TURN_POLICY): Transition {
  switch (event.type) {
    case "speech-start":
      // A segment that ended while its words were still awaited: the speaker goes on with the same turn.
      return state.user.phase === "pausing" ? goOn(state, event.atMs, policy) : hearSpeech(state, event.atMs);
    case "speech-pause":
      if (state.user.phase !== "speaking") return unchanged(state);
      return {
        state: { ...state, user: { phase: "pausing", sinceMs: event.atMs } },
        commands: [{ type: "judge-turn", ...keyOf(state), atMs: event.atMs }],
      };
    case "speech-resume":
      return goOn(state, event.atMs, policy);
    case "turn-scored":
      if (state.user.phase !== "pausing" || !isCurrent(state, event)) return unchanged(state);
      return unchanged({ ...state, user: { ...state.user, finishedProbability: event.probability } });
    case "transcript-ready":
      return hearWords(state, event);
    case "time-passed":
      return finishTurn(state, event.nowMs, policy);
    case "text-typed":
      return takeText(state, event.text);
    case "interrupt":
      return interrupt(state);
    case "disconnected":
      return leave(state);
    case "reconnected":
      return unchanged(state.user.phase === "away" ? { ...state, user: { phase: "silent" } } : state);
    case "answer-end":
      return unchanged(state.answer?.turn === event.turn ? { ...state, answer: undefined } : state);
  }
}

/** Silence that a pausing user is given before the turn counts as finished. */
export function patience(
  state: Pick<TurnState, "patienceMs">,
  user: { readonly finishedProbability?: number | undefined; readonly text?: string | undefined },
  policy: TurnPolicy,
): number {
  const { finishedProbability = 0, text = "" } = user;
  if (finishedProbability >= policy.finishedProbability) return policy.finishedMs;
  if (text.trimEnd().endsWith("?")) return policy.questionMs;
  return Math.min(policy.unfinishedMaxMs, Math.max(policy.unfinishedMs, state.patienceMs));
}

/** New speech: a new turn. An audible answer yields to it. */
function hearSpeech(state: TurnState, atMs: number): Transition {
  if (state.user.phase !== "silent") return unchanged(state);
  const turn = state.turn + 1;
  return {
    state: { ...state, turn, revision: 0, user: { phase: "speaking" }, answer: undefined },
    commands: [...stopAnswer(state), { type: "announce-speech", turn, atMs }],
  };
}

/** The user goes on before the turn was finished: whatever was begun for it is void. */
function goOn(state: TurnState, atMs: number, policy: TurnPolicy): Transition {
  if (state.user.phase === "silent") return hearSpeech(state, atMs);
  if (state.user.phase !== "pausing") return unchanged(state);
  const pausedMs = atMs - state.user.sinceMs;
  const patienceMs = Math.min(policy.unfinishedMaxMs, Math.max(state.patienceMs * 0.9, pausedMs * 1.5));
  return {
    state: {
      ...state,
      revision: state.revision + 1,
      user: { phase: "speaking" },
      answer: undefined,
      patienceMs,
    },
    commands: [{ type: "drop-work", ...keyOf(state) }],
  };
}

function hearWords(state: TurnState, event: Extract<TurnEvent, { type: "transcript-ready" }>): Transition {
  if (state.user.phase !== "pausing" || !isCurrent(state, event)) return unchanged(state);
  const next = { ...state, user: { ...state.user, text: event.text } };
  if (event.text === "") return unchanged(next);
  return {
    state: { ...next, answer: { ...keyOf(state), gate: "closed" } },
    commands: [{ type: "prepare-answer", ...keyOf(state), text: event.text }],
  };
}

/** Ends the turn once silence has lasted long enough and the words are there. */
function finishTurn(state: TurnState, nowMs: number, policy: TurnPolicy): Transition {
  const { user } = state;
  if (user.phase !== "pausing" || user.text === undefined) return unchanged(state);
  if (nowMs - user.sinceMs < patience(state, user, policy)) return unchanged(state);
  if (user.text === "") {
    return {
      state: { ...state, user: { phase: "silent" } },
      commands: [{ type: "drop-turn", turn: state.turn }],
    };
  }
  return {
    state: { ...state, user: { phase: "silent" }, answer: { ...keyOf(state), gate: "open" } },
    commands: [{ type: "open-gate", ...keyOf(state), text: user.text }],
  };
}

/** Typed words are a finished turn at once; what was being said or heard gives way. */
function takeText(state: TurnState, text: string): Transition {
  const turn = state.turn + 1;
  const key = { turn, revision: 0 };
  return {
    state: { ...state, ...key, user: { phase: "silent" }, answer: { ...key, gate: "open" } },
    commands: [
      ...stopAnswer(state),
      ...abandonSpeech(state),
      { type: "prepare-answer", ...key, text },
      { type: "open-gate", ...key, text },
    ],
  };
}

function interrupt(state: TurnState): Transition {
  return { state: { ...state, answer: undefined }, commands: stopAnswer(state) };
}

/** Nobody is there: half a turn gets no answer, and an answer that nobody hears is over. */
function leave(state: TurnState): Transition {
  return {
    state: { ...state, user: { phase: "away" }, answer: undefined },
    commands: [...stopAnswer(state), ...abandonSpeech(state)],
  };
}

/** Whether the user is in the middle of a turn. */
export function isTalking({ user }: TurnState): boolean {
  return user.phase === "speaking" || user.phase === "pausing";
}

function stopAnswer(state: TurnState): TurnCommand[] {
  return state.answer?.gate === "open" ? [{ type: "stop-answer", turn: state.answer.turn }] : [];
}

function abandonSpeech(state: TurnState): TurnCommand[] {
  if (!isTalking(state)) return [];
  return [
    { type: "drop-work", ...keyOf(state) },
    { type: "drop-turn", turn: state.turn },
  ];
}

function keyOf({ turn, revision }: WorkKey): WorkKey {
  return { turn, revision };
}

function isCurrent(state: WorkKey, event: WorkKey): boolean {
  return state.turn === event.turn && state.revision === event.revision;
}

function unchanged(state: TurnState): Transition {
  return { state, commands: [] };
}
