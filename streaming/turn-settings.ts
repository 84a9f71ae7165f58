import type { SessionOptions } from "./session-events.ts";
import { INITIAL_TURN_STATE } from "./turn-state.ts";
import type { TurnEvent, TurnState } from "./turn-state.ts";

type TurnSettings = Pick<SessionOptions, "turns" | "manners">;

/** How turns are taken as a conversation begins. */
export function initialTurns({ turns: taken = "automatic", manners = {} }: TurnSettings): TurnState {
  return { ...INITIAL_TURN_STATE, taken, manners };
}

/** What other settings mean for the taking of turns. */
export function turnEventsOf({ turns, manners }: TurnSettings, atMs: number): readonly TurnEvent[] {
  return [
    ...(turns === undefined ? [] : [{ type: "turns-are", taken: turns, atMs } as const]),
    ...(manners === undefined ? [] : [{ type: "manners-are", manners, atMs } as const]),
  ];
}
