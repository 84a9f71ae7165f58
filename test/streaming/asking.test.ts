import { beforeEach, describe, expect, it } from "vitest";

import { Asking } from "../../streaming/asking.ts";
import { Look } from "../../streaming/look.ts";
import { NOTHING_SEEN, type Seen } from "../../streaming/seen.ts";
import { INITIAL_TURN_STATE } from "../../streaming/turn-state.ts";
import type { TurnState } from "../../streaming/turn-state.ts";
import { settle } from "../support/fake-conversation.ts";

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
  let standing: string;
  let asked: string[];
  let asking: Asking;
  beforeEach(() => {
    state = SILENT;
    standing = "What is that?";
    asked = [];
    taken = [];
    looks = [];
    emitted = [];
    asking = new Asking({
      state: () => state,
      nowMs: () => 0,
      dispatch: (event) => {
        if (event.type !== "text-typed") return;
        const [{ seen }, announcement] = asking.orderOf({ turn: 1, text: event.text });
        taken.push({ text: event.text, seen, ...(announcement !== undefined && { announcement }) });
      },
      emit: ({ type }) => emitted.push(type),
      standing: () => standing,
      look: (text) => {
        asked.push(text);
        return new Look(
          text,
          () =>
            new Promise((resolve) => {
              looks.push(() => {
                resolve(SHOWN);
              });
            }),
        );
      },
    });
  });

  /** The oldest look is over. */
  async function see(): Promise<void> {
    looks.shift()?.();
    await settle();
  }

  /** Asks for an answer; somebody has begun to speak when the look at what it is about is over. */
  async function askBeforeSpeech(): Promise<void> {
    asking.respond();
    state = SPEAKING;
    await see();
  }

  it("somebody begins to speak waits for them, with what was in view, or what they say would be lost", async () => {
    await askBeforeSpeech();
    asking.goOn();
    expect(taken).toEqual([]);
    state = SILENT;
    asking.goOn();
    asking.goOn();
    expect(taken).toEqual([{ text: "", seen: SHOWN }]);
  });

  it("somebody speaks has been taken where they were answered: it would be answered twice else", async () => {
    await askBeforeSpeech();
    asking.noteAnswer();
    state = SILENT;
    asking.goOn();
    expect(taken).toEqual([]);
  });

  it("the look lasts has been taken, too, where an answer begins meanwhile", async () => {
    asking.respond();
    asking.noteAnswer();
    await see();
    expect(taken).toEqual([]);
  });

  it("the client has not handed over what is being said waits for nothing", async () => {
    asking.respond();
    state = { ...SPEAKING, taken: "manual" };
    await see();
    expect(taken).toHaveLength(1);
  });

  it("somebody speaks comes before what is said unasked, and not at all after a call for silence", async () => {
    asking.respond();
    asking.say("The tea is ready.");
    expect(taken).toEqual([]);
    await see();
    expect(taken).toEqual([{ text: "", seen: SHOWN }]);
    state = ANSWERING;
    asking.goOn();
    expect(taken).toHaveLength(1);
    await askBeforeSpeech();
    expect(emitted).toEqual([]);
    asking.forget();
    asking.forget();
    expect(emitted).toEqual(["respond-dropped"]);
    state = SILENT;
    asking.goOn();
    expect(taken.slice(1)).toEqual([{ text: "", seen: NOTHING_SEEN, announcement: "The tea is ready." }]);
  });

  it("more comes to stand there is about that, too, but does not wait for ever for those who always add to it", async () => {
    asking.respond();
    standing = "What is that? And what colour is it?";
    await see();
    expect([taken, asked]).toEqual([[], ["What is that?", standing]]);
    standing = "What is that? And what colour is it? And now?";
    await see();
    expect(taken).toEqual([{ text: "", seen: SHOWN }]);
    expect(asked).toHaveLength(2);
  });
});
