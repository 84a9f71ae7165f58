import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { INITIAL_TURN_STATE, isTimeAwaited } from "../../streaming/turn-state.ts";
import type { TurnCommand, TurnEvent, TurnState } from "../../streaming/turn-state.ts";
import { takeTurn } from "../../streaming/turn-taking.ts";
import { anyEvent } from "./any-turn-event.ts";
import { run, spoken, types } from "./run-turns.ts";

const IDLE_MS = 5000;
const WAITING: TurnState = { ...INITIAL_TURN_STATE, manners: { idleMs: IDLE_MS } };
const TYPED: TurnEvent = { type: "text-typed", text: "Hello." };

const ended = (turn: number, heardOutMs: number): TurnEvent => ({ type: "answer-end", turn, heardOutMs });
const passed = (nowMs: number): TurnEvent => ({ type: "time-passed", nowMs });
const after = (events: readonly TurnEvent[], from: TurnState): TurnCommand[] => run(events, from).commands;

/** Somebody has had an answer, which was heard to its end a second after the beginning. */
const answered = (from = WAITING): TurnState => run([TYPED, ended(1, 1000)], from).state;

describe("a silence behind an answer", () => {
  it("is broken by the assistant when it has lasted as long as the client wants it to, and not before", () => {
    expect(after([passed(1000 + IDLE_MS - 1)], answered())).toEqual([]);
    const key = { turn: 2, revision: 0, text: "" };
    expect(after([passed(1000 + IDLE_MS)], answered())).toEqual([
      { type: "tell-silence", turn: 2, atMs: 1000 + IDLE_MS },
      { type: "prepare-answer", ...key },
      { type: "open-gate", ...key },
    ]);
    expect(after([passed(600_000)], answered(INITIAL_TURN_STATE))).toEqual([]);
  });

  it("is broken once: to an empty room nobody goes on talking for ever", () => {
    const broken = run([passed(6000), ended(2, 8000)], answered()).state;
    expect(isTimeAwaited(broken)).toBe(false);
    expect(after([passed(600_000)], broken)).toEqual([]);
    const again = run([TYPED, ended(3, 700_000)], broken).state;
    expect(types(after([passed(700_000 + IDLE_MS)], again))).toContain("tell-silence");
  });

  it("passes also where no sound comes, as from who only listens", () => {
    expect(isTimeAwaited(answered())).toBe(true);
    expect(isTimeAwaited(answered(INITIAL_TURN_STATE))).toBe(false);
  });

  it("begins anew behind what turns out to be nobody's speech", () => {
    const noise: TurnEvent[] = [
      { type: "speech-start", atMs: 3000 },
      passed(5000),
      { type: "speech-pause", atMs: 7000 },
      ...spoken("", { turn: 2, verdict: "ignore", atMs: 7100 }),
      passed(7500),
    ];
    const dropped = run(noise, answered());
    expect(types(dropped.commands)).toEqual(["announce-speech", "judge-turn", "drop-turn"]);
    expect(after([passed(7500 + IDLE_MS - 1)], dropped.state)).toEqual([]);
    expect(types(after([passed(7500 + IDLE_MS)], dropped.state))).toContain("tell-silence");
  });

  it("is nothing behind an answer that was not heard to its end, or that somebody else goes on with", () => {
    const cut = run([TYPED, { type: "interrupt" }, ended(1, 1000)], WAITING).state;
    const handedOver = run([TYPED, { type: "answer-end", turn: 1 }], WAITING).state;
    for (const state of [WAITING, cut, handedOver]) expect(after([passed(600_000)], state)).toEqual([]);
  });

  it("is what they want who say so, by a button or by word", () => {
    const stop: TurnEvent[] = [
      TYPED,
      { type: "speech-start", atMs: 900 },
      ended(1, 1000),
      { type: "speech-pause", atMs: 1500 },
      ...spoken("Stop.", { turn: 2, verdict: "stop", atMs: 1600 }),
    ];
    const said = run(stop, WAITING);
    expect(types(said.commands)).toContain("drop-turn");
    for (const state of [said.state, run([{ type: "interrupt" }], answered()).state])
      expect(after([passed(600_000)], state)).toEqual([]);
  });

  it("is the client's affair where it ends the turns, or does not want it broken any more", () => {
    const byClient: TurnEvent = { type: "turns-are", taken: "manual", atMs: 2000 };
    const again: TurnEvent = { type: "turns-are", taken: "automatic", atMs: 3000 };
    const manners: TurnEvent = { type: "manners-are", manners: {}, atMs: 2000 };
    for (const events of [[byClient], [byClient, again], [manners]])
      expect(after([...events, passed(600_000)], answered())).toEqual([]);
  });

  it("is never broken while somebody speaks, an answer is on its way or the client ends the turns, and once for an answer", () => {
    let broken = 0;
    const check = (state: TurnState, event: TurnEvent): void => {
      expect(event.type).toBe("time-passed");
      expect(state).toMatchObject({ taken: "automatic", user: { phase: "silent" } });
      expect([state.answer, state.owedTurn]).toEqual([undefined, undefined]);
    };
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        let state = answered();
        let heardOut = 1;
        for (const event of events) {
          const isTheirs = event.type === "answer-end" && state.answer?.turn === event.turn;
          if (isTheirs && state.answer?.isUnasked !== true && event.heardOutMs !== undefined) heardOut += 1;
          const next = takeTurn(state, event);
          if (types(next.commands).includes("tell-silence")) {
            check(state, event);
            broken += 1;
            heardOut -= 1;
          }
          expect(heardOut).toBeGreaterThanOrEqual(0);
          state = next.state;
        }
      }),
      { numRuns: 1000 },
    );
    expect(broken).toBeGreaterThan(0);
  });
});
