import type { TurnState } from "./turn-state.ts";
import { keyOf, type Transition } from "./turn-transition.ts";

/** Where answers are heard to their end, what was said into one is a turn that is over, and answered behind it. */
export function keepWords(state: TurnState, text: string): Transition {
  const owedTurn = state.manners.overlap === "unanswered" ? undefined : state.turn;
  return {
    state: { ...state, user: { phase: "silent" }, owedTurn },
    commands: [{ type: "keep-words", ...keyOf(state), text }],
  };
}

/** What is owed is given as soon as nobody else has the floor; any later answer is one to those words, too. */
export function giveOwedAnswer({ state, commands }: Transition): Transition {
  const { owedTurn, answer, user } = state;
  if (owedTurn === undefined) return { state, commands };
  if (answer?.gate === "open" && answer.turn > owedTurn)
    return { state: { ...state, owedTurn: undefined }, commands };
  if (answer !== undefined || user.phase !== "silent") return { state, commands };
  const key = { turn: state.turn + 1, revision: 0 };
  return {
    state: { ...state, ...key, answer: { ...key, gate: "open" }, owedTurn: undefined },
    commands: [
      ...commands,
      { type: "prepare-answer", ...key, text: "" },
      { type: "open-gate", ...key, text: "" },
    ],
  };
}
