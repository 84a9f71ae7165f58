import { mayTakeFloor } from "./turn-manners.ts";
import type { TurnCommand, TurnState } from "./turn-state.ts";

/** How loud the audible answer is: as it is, lowered because somebody may be speaking, or held where it stands. */
export type FloorLevel = "full" | "ducked" | "paused";

/** The level of the answer that is heard, and since when. */
export interface Floor {
  readonly level: FloorLevel;
  readonly sinceMs: number;
  /** The turns for which it was held, each as often as it was. */
  readonly heldFor: readonly number[];
  /** Whether what it is lowered for is perhaps nothing for the assistant: then it is not silenced before that is known. */
  readonly isDoubtful: boolean;
}

/**
 * What a stretch of user sound was judged to be: something that takes the floor; the same, with what it announces still to
 * come; nothing for the assistant; perhaps nothing for it; or too little to tell.
 */
export type Verdict = "yield" | "await" | "ignore" | "doubtful" | "unclear";

/** How long an answer that somebody may be talking into is kept lowered, and then held. */
export interface FloorPolicy {
  /**
   * Sound of a user that is still unclear then must meet silence. For each turn that an answer was held for in vain, the next
   * one is given as much longer: a room or a listener that is heard all the time must not make it stutter.
   */
  readonly pauseAfterMs: number;
  /**
   * By then it goes on where the user has fallen silent: what was said was short, and most of what is short means nothing.
   * With the silence that speech has of itself it must stay below half a second, from which on a pause is a stop to a listener.
   */
  readonly resumeAfterMs: number;
  /** Who talks longer than that into a held answer has the floor; it goes on only if the words turn out to be none for it. */
  readonly softPauseMs: number;
  /** How long after such talk its words are waited for. */
  readonly wordsWithinMs: number;
  /** Then the answer is over: nobody remembers what it was about. */
  readonly giveUpAfterMs: number;
}

export const DEFAULT_FLOOR_POLICY: FloorPolicy = {
  // Seven of the detector's frames: with its own delay and a page's buffer, silence within 300 ms of the voice.
  pauseAfterMs: 224,
  resumeAfterMs: 400,
  softPauseMs: 480,
  wordsWithinMs: 1000,
  giveUpAfterMs: 3000,
};

export const OPEN_FLOOR: Floor = { level: "full", sinceMs: 0, heldFor: [], isDoubtful: false };

type Change = Pick<TurnState, "floor"> & { readonly commands: readonly TurnCommand[] };

/** Turns the audible answer to `level`; does nothing where there is none, or it is there already. */
export function setFloor({ answer, floor, turn }: TurnState, level: FloorLevel, atMs: number): Change {
  if (answer?.gate !== "open") return { floor: OPEN_FLOOR, commands: [] };
  if (floor.level === level) return { floor, commands: [] };
  return {
    floor: {
      level,
      sinceMs: atMs,
      heldFor: level === "paused" ? [...floor.heldFor, turn] : floor.heldFor,
      isDoubtful: level !== "full" && floor.isDoubtful,
    },
    commands: [{ type: "set-floor", turn: answer.turn, level, atMs }],
  };
}

/** Whether an answer was held for what goes on now, `text` so far; for a sound without words it is held again once. */
export function wasHeldFor({ floor, turn }: TurnState, text: string | undefined): boolean {
  const times = floor.heldFor.filter((other) => other === turn).length;
  return (text === "" ? times === 1 : times > 0) && !floor.isDoubtful;
}

/** Who speaks again so soon after an answer went on was not done when they were taken for that. */
const GOES_ON_WITHIN_MS = 250;

/**
 * Somebody may have begun to speak: lower what is heard, where sound may take the floor. An answer that was held for them, and
 * for nobody else, and has only just gone on is held again.
 */
export function duck(state: TurnState, atMs: number): Change {
  const { floor, turn } = state;
  if (floor.level !== "full" || !mayTakeFloor(state)) return { floor, commands: [] };
  const wasHeld = floor.heldFor.length === 1 && floor.heldFor[0] === turn;
  const goesOn = wasHeld && atMs - floor.sinceMs <= GOES_ON_WITHIN_MS;
  return setFloor(state, goesOn ? "paused" : "ducked", atMs);
}

/**
 * Whether what it is lowered for is perhaps nothing for the assistant. If so, an answer that was held for it goes on, lowered,
 * until that is known. If not, one that went on already is lowered again.
 */
export function setDoubt(state: TurnState, isDoubtful: boolean, atMs: number): Change {
  if (state.floor.level === "full")
    return isDoubtful || state.user.phase !== "speaking"
      ? { floor: state.floor, commands: [] }
      : duck(state, atMs);
  const floor = { ...state.floor, isDoubtful };
  return isDoubtful && floor.level === "paused"
    ? setFloor({ ...state, floor }, "ducked", atMs)
    : { floor, commands: [] };
}

/** What time alone does to an answer that is talked into: first it is held, then it goes on or is over. */
export function overdue(
  { floor, answer, user, turn }: TurnState,
  nowMs: number,
  policy: FloorPolicy,
): "hold" | "yield" | "restore" | undefined {
  if (answer?.gate !== "open") return undefined;
  const lastedMs = nowMs - floor.sinceMs;
  const isSpeaking = user.phase === "speaking";
  const others = new Set(floor.heldFor.filter((other) => other !== turn));
  const pauseAfterMs = policy.pauseAfterMs * (1 + others.size);
  if (floor.level === "ducked" && isSpeaking && !floor.isDoubtful && lastedMs >= pauseAfterMs) return "hold";
  if (floor.level !== "paused") return undefined;
  if (isSpeaking) return lastedMs >= policy.giveUpAfterMs ? "yield" : undefined;
  const mayHaveWords = user.phase === "pausing" && user.text !== "";
  const wasLong = mayHaveWords && user.sinceMs - floor.sinceMs >= policy.softPauseMs;
  const dueMs = wasLong ? user.sinceMs + policy.wordsWithinMs : floor.sinceMs + policy.resumeAfterMs;
  return nowMs >= dueMs ? "restore" : undefined;
}
