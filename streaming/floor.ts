import type { TurnCommand, TurnState } from "./turn-state.ts";

/** How loud the audible answer is: as it is, lowered because somebody may be speaking, or held where it stands. */
export type FloorLevel = "full" | "ducked" | "paused";

/** The level of the answer that is heard, and since when. */
export interface Floor {
  readonly level: FloorLevel;
  readonly sinceMs: number;
}

/** What a stretch of user sound was judged to be. */
export type Verdict = "yield" | "ignore" | "unclear";

/** How long an answer that somebody may be talking into is kept lowered, and then held. */
export interface FloorPolicy {
  /** Sound of a user that is still unclear then must meet silence. */
  readonly pauseAfterMs: number;
  /** A held answer goes on or is over by then. */
  readonly pauseAtMostMs: number;
}

export const DEFAULT_FLOOR_POLICY: FloorPolicy = { pauseAfterMs: 250, pauseAtMostMs: 480 };

export const OPEN_FLOOR: Floor = { level: "full", sinceMs: 0 };

type Change = Pick<TurnState, "floor"> & { readonly commands: readonly TurnCommand[] };

/** Turns the audible answer to `level`; does nothing where there is none, or it is there already. */
export function setFloor({ answer, floor }: TurnState, level: FloorLevel, atMs: number): Change {
  if (answer?.gate !== "open") return { floor: OPEN_FLOOR, commands: [] };
  if (floor.level === level) return { floor, commands: [] };
  return {
    floor: { level, sinceMs: atMs },
    commands: [{ type: "set-floor", turn: answer.turn, level, atMs }],
  };
}

/** Somebody may have begun to speak: lower what is heard. */
export function duck(state: TurnState, atMs: number): Change {
  return state.floor.level === "full"
    ? setFloor(state, "ducked", atMs)
    : { floor: state.floor, commands: [] };
}

/** What time alone does to an answer that is talked into: first it is held, then it must go on or be over. */
export function overdue(
  { floor, answer, user }: TurnState,
  nowMs: number,
  policy: FloorPolicy,
): "hold" | "yield" | "restore" | undefined {
  if (answer?.gate !== "open") return undefined;
  const lastedMs = nowMs - floor.sinceMs;
  const isTalking = user.phase === "speaking";
  if (floor.level === "ducked" && isTalking && lastedMs >= policy.pauseAfterMs) return "hold";
  if (floor.level === "paused" && lastedMs >= policy.pauseAtMostMs) return isTalking ? "yield" : "restore";
  return undefined;
}
