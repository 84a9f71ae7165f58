import type { SessionInput, SessionOptions } from "./session-events.ts";
import { INITIAL_TURN_STATE } from "./turn-state.ts";
import type { TurnEvent, TurnState } from "./turn-state.ts";

type TurnSettings = Pick<SessionOptions, "turns" | "manners">;

/** How turns are taken as a conversation begins. */
export function initialTurns({ turns: taken = "automatic", manners = {} }: TurnSettings): TurnState {
  return { ...INITIAL_TURN_STATE, taken, manners };
}

/** What an input itself means for the taking of turns, beside what comes of it in what is heard, seen or asked. */
export function turnEventsOf(input: SessionInput, atMs: number): readonly TurnEvent[] {
  switch (input.type) {
    case "configure":
      return settingEventsOf(input.settings, atMs);
    case "add-context":
      return [{ type: "context-added", atMs }];
    case "interrupt":
    case "disconnected":
    case "reconnected":
      return [input];
    case "audio":
    case "text":
    case "playback":
    case "commit":
    case "clear":
    case "replace-context":
    case "respond":
    case "say":
      return [];
  }
}

function settingEventsOf({ turns, manners }: TurnSettings, atMs: number): readonly TurnEvent[] {
  return [
    ...(turns === undefined ? [] : [{ type: "turns-are", taken: turns, atMs } as const]),
    ...(manners === undefined ? [] : [{ type: "manners-are", manners, atMs } as const]),
  ];
}
