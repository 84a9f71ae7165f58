import { duck, OPEN_FLOOR, overdue, setFloor } from "./floor.ts";
import { DEFAULT_TURN_POLICY } from "./turn-state.ts";
import type { TurnCommand, TurnEvent, TurnPolicy, TurnState, UserState, WorkKey } from "./turn-state.ts";

/**
 * Who has the floor, as one pure function: state × event → state + commands. It knows no audio, no models and no
 * timers: time is the conversation's sample clock, which arrives with the events, so every decision can be replayed.
 *
 * Work for a turn starts at the first plausible end of the user's speech and stays behind a gate keyed by (turn,
 * revision): when the user goes on, the revision grows and the work of the older one is thrown away unheard.
 */

export interface Transition {
  readonly state: TurnState;
  readonly commands: readonly TurnCommand[];
}

/** The one place where turns are decided. */
export function takeTurn(
  state: TurnState,
  event: TurnEvent,
  policy: TurnPolicy = DEFAULT_TURN_POLICY,
): Transition {
  switch (event.type) {
    case "speech-onset":
      return state.user.phase === "silent" ? changed(state, duck(state, event.atMs)) : unchanged(state);
    case "false-alarm":
      return state.user.phase === "silent" ? restore(state, event.atMs) : unchanged(state);
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
    case "speech-judged":
      return hearVerdict(state, event);
    case "transcript-ready":
      return hearWords(state, event);
    case "stop-said":
      return isTalking(state) && isCurrent(state, event) ? obeyStop(state) : unchanged(state);
    case "time-passed":
      return passTime(state, event.nowMs, policy);
    case "text-typed":
      return takeText(state, event.text);
    case "interrupt":
      return interrupt(state);
    case "disconnected":
      return leave(state);
    case "reconnected":
      return unchanged(state.user.phase === "away" ? { ...state, user: { phase: "silent" } } : state);
    case "answer-end":
      return unchanged(state.answer?.turn === event.turn ? withoutAnswer(state) : state);
  }
}

/** Silence that a pausing user is given before the turn counts as finished. */
export function patience(
  state: Pick<TurnState, "patienceMs">,
  user: Pick<Extract<UserState, { phase: "pausing" }>, "finishedProbability" | "text" | "verdict">,
  policy: TurnPolicy,
): number {
  const { finishedProbability = 0, text = "", verdict } = user;
  const seemsFinished = finishedProbability >= policy.finishedProbability;
  if (verdict === "unclear") return seemsFinished ? policy.unfinishedMs : policy.unfinishedMaxMs;
  if (seemsFinished) return policy.finishedMs;
  if (text.trimEnd().endsWith("?")) return policy.questionMs;
  return Math.min(policy.unfinishedMaxMs, Math.max(policy.unfinishedMs, state.patienceMs));
}

/** New speech: a new turn. An audible answer is lowered until it is known whether it must yield. */
function hearSpeech(state: TurnState, atMs: number): Transition {
  if (state.user.phase !== "silent") return unchanged(state);
  const turn = state.turn + 1;
  const ducked = changed(state, duck(state, atMs));
  return {
    state: { ...ducked.state, turn, revision: 0, user: { phase: "speaking" } },
    commands: [...ducked.commands, { type: "announce-speech", turn, atMs }],
  };
}

/** The user goes on before the turn was finished: whatever was begun for it is void. */
function goOn(state: TurnState, atMs: number, policy: TurnPolicy): Transition {
  if (state.user.phase === "silent") return hearSpeech(state, atMs);
  if (state.user.phase !== "pausing") return unchanged(state);
  const pausedMs = atMs - state.user.sinceMs;
  const patienceMs = Math.min(policy.unfinishedMaxMs, Math.max(state.patienceMs * 0.9, pausedMs * 1.5));
  const answer = state.answer?.gate === "open" ? state.answer : undefined;
  const ducked = changed({ ...state, answer }, duck({ ...state, answer }, atMs));
  return {
    state: { ...ducked.state, revision: state.revision + 1, user: { phase: "speaking" }, patienceMs },
    commands: [{ type: "drop-work", ...keyOf(state) }, ...ducked.commands],
  };
}

/** What can be told before the user pauses decides about the answer that they talk into, and about nothing else. */
function hearVerdict(state: TurnState, event: Extract<TurnEvent, { type: "speech-judged" }>): Transition {
  if (!isTalking(state) || !isCurrent(state, event)) return unchanged(state);
  if (event.verdict === "yield") return yieldFloor(state);
  return event.verdict === "ignore" ? restore(state, event.atMs) : unchanged(state);
}

function hearWords(state: TurnState, event: Extract<TurnEvent, { type: "transcript-ready" }>): Transition {
  if (state.user.phase !== "pausing" || !isCurrent(state, event)) return unchanged(state);
  const { text, verdict } = event;
  const isOverlap = state.answer?.gate === "open";
  // Talked into an answer and meaning nothing by it: the answer goes on, and the next sound is a new stretch.
  if (isOverlap && verdict === "ignore") {
    const { state: restored, commands } = restore(state, event.atMs);
    return {
      state: { ...restored, user: { phase: "silent" } },
      commands: [...commands, { type: "drop-turn", turn: state.turn }],
    };
  }
  const next: TurnState = { ...state, user: { ...state.user, text, verdict } };
  if (text === "" || verdict === "ignore" || (isOverlap && verdict === "unclear")) return unchanged(next);
  const yielded = yieldFloor(next);
  return {
    state: { ...yielded.state, answer: { ...keyOf(state), gate: "closed" } },
    commands: [...yielded.commands, { type: "prepare-answer", ...keyOf(state), text }],
  };
}

function obeyStop(state: TurnState): Transition {
  const yielded = yieldFloor(state);
  return {
    state: { ...yielded.state, user: { phase: "silent" }, answer: undefined },
    commands: [...yielded.commands, ...abandonSpeech(state)],
  };
}

function passTime(state: TurnState, nowMs: number, policy: TurnPolicy): Transition {
  const due = overdue(state, nowMs, policy);
  if (due === "hold") return changed(state, setFloor(state, "paused", nowMs));
  if (due === "yield") return yieldFloor(state);
  const { state: current, commands } = due === "restore" ? restore(state, nowMs) : unchanged(state);
  const finished = finishTurn(current, nowMs, policy);
  return { state: finished.state, commands: [...commands, ...finished.commands] };
}

/** Ends the turn once silence has lasted long enough and the words are there. */
function finishTurn(state: TurnState, nowMs: number, policy: TurnPolicy): Transition {
  const { user } = state;
  if (user.phase !== "pausing" || user.text === undefined) return unchanged(state);
  if (nowMs - user.sinceMs < patience(state, user, policy)) return unchanged(state);
  if (state.answer?.gate !== "closed") {
    const { state: restored, commands } = restore(state, nowMs);
    return {
      state: { ...restored, user: { phase: "silent" } },
      commands: [...commands, { type: "drop-turn", turn: state.turn }],
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
    state: { ...withoutAnswer(state), ...key, user: { phase: "silent" }, answer: { ...key, gate: "open" } },
    commands: [
      ...stopAnswer(state),
      ...abandonSpeech(state),
      { type: "prepare-answer", ...key, text },
      { type: "open-gate", ...key, text },
    ],
  };
}

function interrupt(state: TurnState): Transition {
  return state.answer?.gate === "open" ? yieldFloor(state) : unchanged(state);
}

/** Nobody is there: half a turn gets no answer, and an answer that nobody hears is over. */
function leave(state: TurnState): Transition {
  return {
    state: { ...withoutAnswer(state), user: { phase: "away" } },
    commands: [...stopAnswer(state), ...abandonSpeech(state)],
  };
}

/** Whether the user is in the middle of a turn. */
export function isTalking({ user }: TurnState): boolean {
  return user.phase === "speaking" || user.phase === "pausing";
}

/** The audible answer is over: the floor is the user's. */
function yieldFloor(state: TurnState): Transition {
  if (state.answer?.gate !== "open") return unchanged(state);
  return { state: withoutAnswer(state), commands: stopAnswer(state) };
}

/** The audible answer is heard as it is, or goes on where it was held. */
function restore(state: TurnState, atMs: number): Transition {
  return changed(state, setFloor(state, "full", atMs));
}

function withoutAnswer(state: TurnState): TurnState {
  return { ...state, answer: undefined, floor: OPEN_FLOOR };
}

function changed(
  state: TurnState,
  { floor, commands }: Pick<TurnState, "floor"> & Pick<Transition, "commands">,
): Transition {
  return { state: { ...state, floor }, commands };
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
