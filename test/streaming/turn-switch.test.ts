import { describe, expect, it } from "vitest";

import { DEFAULT_TURN_POLICY } from "../../streaming/turn-state.ts";
import type { TurnEvent } from "../../streaming/turn-state.ts";
import { run, types } from "./run-turns.ts";

const heard = (atMs: number): TurnEvent => ({ type: "turns-are", taken: "automatic", atMs });
const byClient = (atMs: number): TurnEvent => ({ type: "turns-are", taken: "manual", atMs });
const words = (revision: number, atMs: number, turn = 1): TurnEvent => {
  return { type: "transcript-ready", turn, revision, text: "Is it far?", verdict: "yield", atMs };
};

describe("turns that are heard from now on", () => {
  const speaking = run([byClient(0), { type: "speech-start", atMs: 1000 }]).state;
  const silent = run([{ type: "speech-pause", atMs: 2000 }], speaking).state;

  it("end for a user who is silent already, without a further word of theirs", () => {
    const switched = run([heard(5000)], silent);
    expect(switched.commands).toEqual([{ type: "judge-turn", turn: 1, revision: 0, atMs: 2000 }]);
    const answered = run([words(0, 5100), { type: "time-passed", nowMs: 5132 }], switched.state);
    expect(types(answered.commands)).toEqual(["prepare-answer", "open-gate"]);
  });

  it("are not over for a user who speaks, or spoke on after a pause, before they fall silent", () => {
    for (const going of [
      speaking,
      run([{ type: "speech-resume", atMs: 3000 }], silent).state,
      run([{ type: "speech-start", atMs: 9000 }], silent).state,
    ]) {
      const switched = run([heard(9500)], going);
      expect(switched.commands).toEqual([]);
      expect(types(run([{ type: "speech-pause", atMs: 10_000 }], switched.state).commands)).toEqual([
        "judge-turn",
      ]);
    }
  });

  it("are no matter of a user who has said nothing, and what was said twice is said once", () => {
    expect(run([byClient(0), heard(100), heard(200), byClient(300), byClient(400)]).commands).toEqual([]);
    const judged = run([heard(5000), heard(5100)], silent);
    expect(types(judged.commands)).toEqual(["judge-turn"]);
  });

  it("do not undo what was handed over before: its words are answered at once", () => {
    const committed = run([{ type: "turn-committed", atMs: 3000 }], silent);
    const { commands } = run([heard(3100), words(0, 3200)], committed.state);
    expect(types(commands)).toEqual(["prepare-answer", "open-gate"]);
  });

  it("lower an answer that the user is talking into", () => {
    const answered = run([
      byClient(0),
      { type: "text-typed", text: "Tell me all." },
      { type: "speech-start", atMs: 1000 },
    ]);
    expect(run([heard(1500)], answered.state).commands).toEqual([
      { type: "set-floor", turn: 1, level: "ducked", atMs: 1500 },
    ]);
  });
});

describe("turns that the client ends from now on", () => {
  const pausing = run([
    { type: "speech-start", atMs: 1000 },
    { type: "speech-pause", atMs: 2000 },
    words(0, 2100),
  ]).state;

  it("are not over by a pause that was being judged, but by the client's word", () => {
    const switched = run([byClient(2150)], pausing);
    expect(switched.commands).toEqual([{ type: "drop-work", turn: 1, revision: 0 }]);
    const waiting = run([words(0, 2200), { type: "time-passed", nowMs: 60_000 }], switched.state);
    expect(waiting.commands).toEqual([]);
    const handedOver = run([{ type: "turn-committed", atMs: 60_000 }, words(1, 60_100)], waiting.state);
    expect(types(handedOver.commands)).toEqual(["judge-turn", "prepare-answer", "open-gate"]);
  });

  it("leave a turn that was handed over already as it is", () => {
    const committed = run([
      { type: "speech-start", atMs: 1000 },
      { type: "turn-committed", atMs: 2000 },
    ]);
    const { commands } = run([byClient(2050), words(0, 2100)], committed.state);
    expect(types(commands)).toEqual(["prepare-answer", "open-gate"]);
  });

  it("give the answer back the floor that sound was about to take", () => {
    const { pauseAfterMs } = DEFAULT_TURN_POLICY;
    const held = run([
      { type: "text-typed", text: "Tell me all." },
      { type: "speech-start", atMs: 1000 },
      { type: "time-passed", nowMs: 1000 + pauseAfterMs },
    ]);
    expect(held.state.floor.level).toBe("paused");
    const switched = run([byClient(1300), { type: "time-passed", nowMs: 60_000 }], held.state);
    expect(switched.commands).toEqual([{ type: "set-floor", turn: 1, level: "full", atMs: 1300 }]);
  });
});
