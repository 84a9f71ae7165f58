import { isTalking } from "./turn-state.ts";
import type { TurnEvent, TurnState } from "./turn-state.ts";
import { answerContext, type Transition, unchanged, withoutAnswer } from "./turn-transition.ts";

/**
 * What stands in the prompt in place of words, behind an answer. Without it models say their last answer once more; "(silence)" alone
 * and the like got "I can't assist with that."
 */
export const SILENCE_NOTE =
  "(The user is silent. Unless you were told what to do then, say in one short sentence that you are still there, and offer to go on.)";

/** An answer is over. Where all of it was heard, the user is waited for; behind one that nobody asked for, for ever. */
export function endAnswer(
  state: TurnState,
  { turn, heardOutMs }: Extract<TurnEvent, { readonly type: "answer-end" }>,
): Transition {
  if (state.answer?.turn !== turn) return unchanged(state);
  const quietSinceMs = state.answer.isUnasked === true ? undefined : heardOutMs;
  return unchanged({ ...withoutAnswer(state), quietSinceMs });
}

/** Follows the silence behind an answer, and has the assistant go on once it has lasted as long as the client wants it to. */
export function watchSilence(
  before: TurnState,
  event: TurnEvent,
  { state, commands }: Transition,
): Transition {
  const sinceMs = quietSince(before, event, state);
  const { idleMs } = state.manners;
  const isLong =
    event.type === "time-passed" &&
    state.user.phase === "silent" &&
    sinceMs !== undefined &&
    idleMs !== undefined &&
    event.nowMs - sinceMs >= idleMs;
  if (!isLong) return { state: { ...state, quietSinceMs: sinceMs }, commands };
  const broken = answerContext({ ...state, quietSinceMs: undefined }, { isUnasked: true });
  const { turn } = broken.state;
  return {
    state: broken.state,
    commands: [...commands, { type: "tell-silence", turn, atMs: event.nowMs }, ...broken.commands],
  };
}

/** Whoever speaks ends the silence; what turns out to be nothing begins it anew, and so does what is put into the context. */
function quietSince(before: TurnState, event: TurnEvent, after: TurnState): number | undefined {
  const { answer, user, taken, manners, quietSinceMs } = after;
  const isWaiting = answer?.gate !== "open" && user.phase !== "away" && taken === "automatic";
  if (!isWaiting || manners.idleMs === undefined || quietSinceMs === undefined) return undefined;
  if (event.type === "context-added") return event.atMs;
  return event.type === "time-passed" && isTalking(before) ? event.nowMs : quietSinceMs;
}
