import type { TurnState } from "./turn-state.ts";
import { answerContext, keyOf, type Transition } from "./turn-transition.ts";

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
  const given = answerContext({ ...state, owedTurn: undefined });
  return { state: given.state, commands: [...commands, ...given.commands] };
}
