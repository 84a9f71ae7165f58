import { beforeEach, describe, expect, it } from "vitest";

import { Asking } from "../../streaming/asking.ts";
import { NOTHING_SEEN, type Seen } from "../../streaming/seen.ts";
import { INITIAL_TURN_STATE } from "../../streaming/turn-state.ts";
import type { TurnState } from "../../streaming/turn-state.ts";

const SILENT = INITIAL_TURN_STATE;
const SPEAKING: TurnState = { ...SILENT, user: { phase: "speaking" } };
const ANSWERING: TurnState = { ...SILENT, answer: { turn: 1, revision: 0, gate: "open" } };
const SHOWN: Seen = [{ type: "text", text: "[a cup]" }];

describe("a turn that is asked for while", () => {
  let state: TurnState;
  let taken: { readonly text: string; readonly seen: Seen; readonly announcement?: string }[];
  /** Ends the looks that were begun, the oldest first. */
  let looks: (() => void)[];
  let emitted: string[];
  let asking: Asking;
  beforeEach(() => {
    state = SILENT;
    taken = [];
    looks = [];
    emitted = [];
    const viewing = {
      typed: (_text: string, _atMs: number, onSeen: (seen: Seen) => void): void => {
        looks.push(() => {
          onSeen(SHOWN);
        });
      },
      forgetTyped: (): void => {
        looks = [];
      },
    };
    asking = new Asking(viewing, {
      state: () => state,
      nowMs: () => 0,
      dispatch: () => undefined,
      emit: ({ type }) => emitted.push(type),
      take: (text, seen, announcement) => {
        taken.push({ text, seen, ...(announcement !== undefined && { announcement }) });
      },
    });
  });

  /** Asks for an answer; somebody has begun to speak when the look at what it is about is over. */
  function askBeforeSpeech(): void {
    asking.respond();
    state = SPEAKING;
    looks.shift()?.();
  }

  it("somebody begins to speak waits for them, with what was in view, or what they say would be lost", () => {
    askBeforeSpeech();
    asking.goOn();
    expect(taken).toEqual([]);
    state = SILENT;
    asking.goOn();
    asking.goOn();
    expect(taken).toEqual([{ text: "", seen: SHOWN }]);
  });

  it("somebody speaks has been taken where they were answered: it would be answered twice else", () => {
    askBeforeSpeech();
    asking.noteAnswer();
    state = SILENT;
    asking.goOn();
    expect(taken).toEqual([]);
  });

  it("the look lasts has been taken, too, where an answer begins meanwhile", () => {
    asking.respond();
    asking.noteAnswer();
    looks.shift()?.();
    expect(taken).toEqual([]);
  });

  it("the client has not handed over what is being said waits for nothing", () => {
    asking.respond();
    state = { ...SPEAKING, taken: "manual" };
    looks.shift()?.();
    expect(taken).toHaveLength(1);
  });

  it("somebody speaks comes before what is said unasked, and not at all after a call for silence", () => {
    asking.respond();
    asking.say("The tea is ready.");
    expect(taken).toEqual([]);
    looks.shift()?.();
    expect(taken).toEqual([{ text: "", seen: SHOWN }]);
    state = ANSWERING;
    asking.goOn();
    expect(taken).toHaveLength(1);
    askBeforeSpeech();
    expect(emitted).toEqual([]);
    asking.forget();
    asking.forget();
    expect(emitted).toEqual(["respond-dropped"]);
    state = SILENT;
    asking.goOn();
    expect(taken.slice(1)).toEqual([{ text: "", seen: NOTHING_SEEN, announcement: "The tea is ready." }]);
  });
});
