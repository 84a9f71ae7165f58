import { duck } from "./floor.ts";
import { keepsFloor } from "./turn-manners.ts";
import type { TurnManners } from "./turn-manners.ts";
import { isCommitted } from "./turn-state.ts";
import type { TurnState } from "./turn-state.ts";
import { changed, keepOpen, pause, restore, type Transition, unchanged } from "./turn-transition.ts";

/** Somebody else ends the turns from now on, also the one that the user is in the middle of. */
export function switchTurns(state: TurnState, taken: TurnState["taken"], atMs: number): Transition {
  const switched = { ...state, taken };
  return taken === "manual" ? leaveToClient(switched, atMs) : listenForEnd(switched, atMs);
}

/** The client wants turns to be taken otherwise: what an answer was lowered for may have nothing to do with it any more. */
export function changeManners(state: TurnState, manners: TurnManners, atMs: number): Transition {
  // From now on nothing is answered unasked, also what was to be answered until now.
  const owedTurn = manners.overlap === "unanswered" ? undefined : state.owedTurn;
  const next = { ...state, manners, owedTurn };
  return keepsFloor(next) ? restore(next, atMs) : unchanged(next);
}

/** A pause that was being judged is one within the turn, and sound has nothing to do with the answer any more. */
function leaveToClient(state: TurnState, atMs: number): Transition {
  const { user } = state;
  const { state: restored, commands } = restore(state, atMs);
  if (user.phase !== "pausing" || isCommitted(state)) return { state: restored, commands };
  const open = keepOpen(restored, { phase: "speaking", silentSinceMs: user.sinceMs });
  return { state: open.state, commands: [...commands, ...open.commands] };
}

/** A user who has fallen silent has perhaps finished; one who speaks may be talking into the answer. */
function listenForEnd(state: TurnState, atMs: number): Transition {
  const { user } = state;
  if (user.phase !== "speaking") return { state, commands: [] };
  return user.silentSinceMs === undefined
    ? changed(state, duck(state, atMs))
    : pause(state, { phase: "pausing", sinceMs: user.silentSinceMs });
}
