import type { Verdict } from "../../streaming/floor.ts";
import { INITIAL_TURN_STATE } from "../../streaming/turn-state.ts";
import type { TurnCommand, TurnEvent, TurnState } from "../../streaming/turn-state.ts";
import { takeTurn } from "../../streaming/turn-taking.ts";

/** Runs events through the reducer and collects what it commands. */
export function run(events: readonly TurnEvent[], from: TurnState = INITIAL_TURN_STATE) {
  const commands: TurnCommand[] = [];
  let state = from;
  for (const event of events) {
    const step = takeTurn(state, event);
    state = step.state;
    commands.push(...step.commands);
  }
  return { state, commands };
}

export const types = (commands: readonly TurnCommand[]): string[] => commands.map(({ type }) => type);

interface Said {
  readonly probability?: number;
  readonly turn?: number;
  readonly revision?: number;
  readonly verdict?: Verdict | "stop";
  readonly atMs?: number;
}

/** The words of a pause, and how finished it sounds. */
export const spoken = (text: string, said: Said = {}): TurnEvent[] => {
  const { probability = 0.9, turn = 1, revision = 0, verdict = "yield", atMs = 2100 } = said;
  return [
    { type: "turn-scored", turn, revision, probability },
    { type: "transcript-ready", turn, revision, text, verdict, atMs },
  ];
};

/** A turn is over, and its answer is heard. */
export const answeredStory = (): TurnState =>
  run([
    { type: "speech-start", atMs: 0 },
    { type: "speech-pause", atMs: 500 },
    ...spoken("Tell me a story."),
    { type: "time-passed", nowMs: 800 },
  ]).state;
