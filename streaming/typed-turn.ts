import { isCommitted } from "./turn-state.ts";
import type { TurnEvent, TurnState } from "./turn-state.ts";
import { abandonSpeech, stopAnswer, type Transition, withoutAnswer } from "./turn-transition.ts";

/** Typed words are a finished turn at once; what was being said or heard gives way. */
export function takeText(
  state: TurnState,
  { text, isUnasked }: Extract<TurnEvent, { readonly type: "text-typed" }>,
): Transition {
  const isTheirs = state.taken === "manual" && state.user.phase === "speaking";
  if (text === "" && (isTheirs || isCommitted(state))) return answerMeanwhile(state);
  const turn = state.turn + 1;
  const key = { turn, revision: 0 };
  const answer = { ...key, gate: "open", ...(isUnasked === true && { isUnasked }) } as const;
  return {
    state: { ...withoutAnswer(state), ...key, user: { phase: "silent" }, answer },
    commands: [
      ...stopAnswer(state),
      ...abandonSpeech(state),
      { type: "prepare-answer", ...key, text },
      { type: "open-gate", ...key, text },
    ],
  };
}

/**
 * What a client has not handed over is no part of what it wants answered, nor is what it has handed over since and nobody has
 * understood yet: that goes on, as the turn after.
 */
function answerMeanwhile(state: TurnState): Transition {
  const key = { turn: state.turn + 1, revision: 0 };
  const { user } = state;
  // What was begun for these words under their old name is not to be taken for what is begun now.
  const next = { turn: state.turn + 2, revision: state.revision + 1 };
  return {
    state: { ...withoutAnswer(state), ...next, answer: { ...key, gate: "open" } },
    commands: [
      ...stopAnswer(state),
      { type: "prepare-answer", ...key, text: "" },
      { type: "open-gate", ...key, text: "" },
      { type: "announce-speech", turn: next.turn, atMs: state.spokenSinceMs },
      ...(user.phase === "pausing" ? [{ type: "judge-turn", ...next, atMs: user.sinceMs } as const] : []),
    ],
  };
}
