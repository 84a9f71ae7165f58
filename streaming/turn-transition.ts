import { OPEN_FLOOR, setFloor } from "./floor.ts";
import { isTalking } from "./turn-state.ts";
import type { AnswerState, Pausing, Speaking, TurnCommand, TurnState, WorkKey } from "./turn-state.ts";

/** What an event leads to. */
export interface Transition {
  readonly state: TurnState;
  readonly commands: readonly TurnCommand[];
}

/** Perhaps the turn is over: what was said so far is looked at. */
export function pause(state: TurnState, user: Pausing): Transition {
  return {
    state: { ...state, user },
    commands: [{ type: "judge-turn", ...keyOf(state), atMs: user.sinceMs }],
  };
}

/** The turn goes on: whatever was begun for it is void. */
export function keepOpen(state: TurnState, user: Speaking): Transition {
  const answer = state.answer?.gate === "open" ? state.answer : undefined;
  return {
    state: { ...state, answer, user, revision: state.revision + 1 },
    commands: [{ type: "drop-work", ...keyOf(state) }],
  };
}

/** What stands in the context is answered at once, as the next turn. */
export function answerContext(
  state: TurnState,
  marks: Pick<NonNullable<AnswerState>, "isUnasked"> = {},
): Transition {
  const key = { turn: state.turn + 1, revision: 0 };
  return {
    state: { ...state, ...key, answer: { ...key, ...marks, gate: "open" } },
    commands: [
      { type: "prepare-answer", ...key, text: "" },
      { type: "open-gate", ...key, text: "" },
    ],
  };
}

/** The audible answer is over: the floor is the user's. */
export function yieldFloor(state: TurnState): Transition {
  if (state.answer?.gate !== "open") return unchanged(state);
  return { state: withoutAnswer(state), commands: stopAnswer(state) };
}

/** The audible answer is heard as it is, or goes on where it was held. */
export function restore(state: TurnState, atMs: number): Transition {
  return changed(state, setFloor(state, "full", atMs));
}

export function withoutAnswer(state: TurnState): TurnState {
  return { ...state, answer: undefined, floor: OPEN_FLOOR };
}

export function changed(
  state: TurnState,
  { floor, commands }: Pick<TurnState, "floor"> & Pick<Transition, "commands">,
): Transition {
  return { state: { ...state, floor }, commands };
}

export function stopAnswer(state: TurnState): TurnCommand[] {
  return state.answer?.gate === "open" ? [{ type: "stop-answer", turn: state.answer.turn }] : [];
}

export function abandonSpeech(state: TurnState): TurnCommand[] {
  if (!isTalking(state)) return [];
  return [
    { type: "drop-work", ...keyOf(state) },
    { type: "drop-turn", turn: state.turn },
  ];
}

export function keyOf({ turn, revision }: WorkKey): WorkKey {
  return { turn, revision };
}

export function isCurrent(state: WorkKey, event: WorkKey): boolean {
  return state.turn === event.turn && state.revision === event.revision;
}

/** The pause that a piece of work was begun for, as long as it lasts. */
export function pauseOf(state: TurnState, work: WorkKey): Pausing | undefined {
  return isCurrent(state, work) && state.user.phase === "pausing" ? state.user : undefined;
}

export function unchanged(state: TurnState): Transition {
  return { state, commands: [] };
}
