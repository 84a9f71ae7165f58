import type { TurnState } from "./turn-state.ts";
import { abandonSpeech, stopAnswer, type Transition, withoutAnswer } from "./turn-transition.ts";

/** Typed words are a finished turn at once; what was being said or heard gives way. */
export function takeText(state: TurnState, text: string): Transition {
  if (text === "" && state.taken === "manual" && state.user.phase === "speaking")
    return answerMeanwhile(state);
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

/** What a client has not handed over is no part of what it wants answered: that goes on, as the turn after. */
function answerMeanwhile(state: TurnState): Transition {
  const key = { turn: state.turn + 1, revision: 0 };
  const next = { turn: state.turn + 2, revision: 0 };
  return {
    state: { ...withoutAnswer(state), ...next, answer: { ...key, gate: "open" } },
    commands: [
      ...stopAnswer(state),
      { type: "prepare-answer", ...key, text: "" },
      { type: "open-gate", ...key, text: "" },
      { type: "announce-speech", turn: next.turn, atMs: state.spokenSinceMs },
    ],
  };
}
