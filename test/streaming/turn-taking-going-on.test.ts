import { describe, expect, it } from "vitest";

import { DEFAULT_TURN_POLICY } from "../../streaming/turn-state.ts";
import type { TurnEvent } from "../../streaming/turn-state.ts";
import { answeredStory, run, spoken } from "./run-turns.ts";

describe("a user who goes on with what was taken for nothing, while the assistant speaks", () => {
  const talkingOver = run([{ type: "speech-start", atMs: 3000 }], answeredStory());

  it("meets silence at once where a sound without words was the beginning of some, also where it was not held before", () => {
    const { pauseAfterMs } = DEFAULT_TURN_POLICY;
    const pauseMs = 3000 + pauseAfterMs - 50;
    const empty = run(
      [
        { type: "speech-pause", atMs: pauseMs },
        ...spoken("", { turn: 2, verdict: "ignore", atMs: pauseMs + 150 }),
      ],
      talkingOver.state,
    );
    expect(empty.state).toMatchObject({ floor: { level: "ducked" }, user: { phase: "pausing" } });
    const goingOn: TurnEvent[] = [
      { type: "speech-resume", atMs: pauseMs + 250 },
      { type: "time-passed", nowMs: pauseMs + 250 },
    ];
    const goneOn = run(goingOn, empty.state);
    expect(goneOn.commands.at(-1)).toMatchObject({ level: "paused", atMs: pauseMs + 250 });
    expect(goneOn.state.patienceMs).toBe(0); // noise says nothing of how long its user's pauses are
    // Where nothing follows at once, it was nothing, however patient the client is.
    const { resumeAfterMs } = DEFAULT_TURN_POLICY;
    const patient: TurnEvent = { type: "manners-are", manners: { silenceMs: 5000 }, atMs: pauseMs + 160 };
    const over = run([patient, { type: "time-passed", nowMs: pauseMs + resumeAfterMs }], empty.state);
    expect(over.commands).toMatchObject([{ type: "set-floor", level: "full" }, { type: "drop-turn" }]);
  });

  it("makes no answer stutter by knocking: for one turn of sounds without words it is held again once", () => {
    const knock = (atMs: number, revision: number): TurnEvent[] => [
      { type: "speech-pause", atMs },
      ...spoken("", { turn: 2, revision, probability: 0.1, verdict: "ignore", atMs: atMs + 100 }),
      { type: "time-passed", nowMs: atMs + 300 },
      { type: "speech-resume", atMs: atMs + 350 },
    ];
    const held = run([{ type: "time-passed", nowMs: 3250 }, ...knock(3400, 0)], talkingOver.state);
    expect(held.state.floor.level).toBe("paused");
    const again = run([{ type: "time-passed", nowMs: 3760 }, ...knock(4000, 1)], held.state);
    const third = run([{ type: "time-passed", nowMs: 4500 }], again.state);
    expect(third.commands).toEqual([]);
    expect(again.state.floor.heldFor).toEqual([2, 2]);
    expect(again.state.floor.level).toBe("ducked");
  });

  it("goes on at once after a long sound that has no words: none are to be waited for", () => {
    const longMs = 3000 + 1500;
    const noise = run(
      [
        { type: "time-passed", nowMs: 3300 },
        { type: "speech-pause", atMs: longMs },
        ...spoken("", { turn: 2, verdict: "ignore", atMs: longMs + 150 }),
        { type: "time-passed", nowMs: longMs + 160 },
      ],
      talkingOver.state,
    );
    expect(noise.state.floor.level).toBe("full");
  });

  it("meets silence at once where they speak on as the answer goes on, once: a voice in the room must not make it stutter", () => {
    const agreeing = (atMs: number, turn: number): TurnEvent[] => [
      { type: "time-passed", nowMs: atMs },
      { type: "speech-pause", atMs: atMs + 100 },
      ...spoken("No.", { turn, verdict: "ignore", atMs: atMs + 300 }),
    ];
    const first = run(agreeing(3300, 2), talkingOver.state);
    expect(first.state.floor).toMatchObject({ level: "full", heldFor: [2] });
    const level = (atMs: number, state: typeof first.state): string =>
      run([{ type: "speech-onset", atMs }], state).state.floor.level;
    expect([level(3700, first.state), level(4000, first.state)]).toEqual(["paused", "ducked"]);
    const alarm: TurnEvent[] = [
      { type: "speech-onset", atMs: 3700 },
      { type: "false-alarm", atMs: 3760 },
    ];
    expect(level(3800, run(alarm, first.state).state)).toBe("ducked");
    const on = run([{ type: "speech-start", atMs: 3700 }], first.state);
    expect(on.state).toMatchObject({ turn: 3, floor: { level: "paused" } });
    const second = run([...agreeing(4000, 3), { type: "time-passed", nowMs: 4400 }], on.state);
    expect(second.state.floor.level).toBe("full");
    const held = run([{ type: "speech-start", atMs: 6000 }, ...agreeing(6600, 4)], second.state);
    expect(level(6950, held.state)).toBe("ducked");
  });
});
