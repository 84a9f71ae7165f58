import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { INITIAL_TURN_STATE } from "../../streaming/turn-state.ts";
import type { TurnCommand, TurnEvent, TurnState } from "../../streaming/turn-state.ts";
import { takeTurn } from "../../streaming/turn-taking.ts";
import { anyEvent, anyFinalVerdict } from "./any-turn-event.ts";
import { run, types } from "./run-turns.ts";

/** What is said is answered, at once or behind the answer that it is said into. */
const polite = fc.constantFrom("interrupts" as const, "answered-after" as const);

describe("whatever happens in whatever order", () => {
  it("never has two answers, never lets a dropped one be heard, and counts turns upwards", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        let state = INITIAL_TURN_STATE;
        const alive = new Map<string, "closed" | "open">();
        for (const event of events) {
          const next = takeTurn(state, event);
          expect(next.state.turn).toBeGreaterThanOrEqual(state.turn);
          if (event.type === "answer-end" && state.answer?.turn === event.turn) alive.clear();
          for (const command of next.commands) applyTo(alive, command);
          state = next.state;
          expect(alive.size).toBeLessThanOrEqual(1);
          const key = state.answer && `${state.answer.turn}.${state.answer.revision}`;
          expect([...alive]).toEqual(key === undefined ? [] : [[key, state.answer?.gate]]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("always answers a user who speaks and then falls silent", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), polite, (events, overlap) => {
        const before = run([
          ...events,
          { type: "reconnected" },
          { type: "manners-are", manners: { overlap }, atMs: 50_000 },
          { type: "turns-are", taken: "automatic", atMs: 50_000 },
        ]).state;
        // Whatever state that was: silence ends what is open, then a new question must be answered.
        const { turn, revision } = before;
        const quiet = run(
          [
            { type: "speech-pause", atMs: 50_000 },
            { type: "transcript-ready", turn, revision, text: "", verdict: "ignore", atMs: 50_100 },
            { type: "time-passed", nowMs: 60_000 },
          ],
          before,
        ).state;
        expect(quiet.user.phase).toBe("silent");
        const asked = run(
          [
            { type: "speech-start", atMs: 61_000 },
            { type: "speech-pause", atMs: 62_000 },
          ],
          quiet,
        );
        const answered = run(
          [
            {
              type: "transcript-ready",
              turn: asked.state.turn,
              revision: asked.state.revision,
              text: "Hello?",
              verdict: "yield",
              atMs: 62_100,
            },
            { type: "time-passed", nowMs: 70_000 },
            { type: "answer-end", turn: asked.state.answer?.turn ?? -1 }, // where that had to be waited for
          ],
          asked.state,
        );
        expect(types(answered.commands)).toContain("open-gate");
      }),
      { numRuns: 500 },
    );
  });

  it("answers nothing unasked from the moment on at which the client says when to answer", () => {
    const keepsManners = anyEvent.filter(({ type }) => type !== "manners-are");
    const earlier = fc.array(anyEvent, { maxLength: 5 });
    const later = fc.array(keepsManners, { maxLength: 40 });
    const manners = (overlap: "answered-after" | "unanswered"): TurnEvent => {
      return { type: "manners-are", manners: { overlap }, atMs: 900 };
    };
    const owing: readonly TurnEvent[] = [
      manners("answered-after"),
      { type: "text-typed", text: "typed" },
      { type: "speech-start", atMs: 1000 },
      { type: "speech-pause", atMs: 2000 },
      { type: "transcript-ready", turn: 2, revision: 0, text: "Where is it?", verdict: "yield", atMs: 2100 },
      { type: "time-passed", nowMs: 5000 },
    ];
    fc.assert(
      fc.property(earlier, later, (before, after) => {
        let { state } = run([...owing, ...before, manners("unanswered")]);
        for (const event of after) {
          const next = takeTurn(state, event);
          // What has no words of its own answers what stands in the context.
          const isUnasked = next.commands.some((each) => each.type === "prepare-answer" && each.text === "");
          expect(isUnasked).toBe(isUnasked && event.type === "text-typed" && event.text === "");
          state = next.state;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("never lowers or holds an answer for ever: once nobody speaks and the words are known, it goes on or is over", () => {
    const text = fc.constantFrom("", "Yes.", "Where is it?");
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), anyFinalVerdict, text, (events, verdict, words) => {
        const quiet = run([
          ...events,
          { type: "turns-are", taken: "automatic", atMs: 50_000 },
          { type: "speech-pause", atMs: 50_000 },
          { type: "false-alarm", atMs: 50_000 }, // where no speech came of it
        ]).state;
        const { turn, revision } = quiet;
        const later = run(
          [
            { type: "transcript-ready", turn, revision, text: words, verdict, atMs: 50_100 },
            { type: "time-passed", nowMs: 60_000 },
            { type: "time-passed", nowMs: 60_032 },
          ],
          quiet,
        ).state;
        expect(later.floor.level).toBe("full");
      }),
      { numRuns: 500 },
    );
  });

  it("never holds an answer for ever, also where the words never come", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        const later = run([
          ...events,
          { type: "turns-are", taken: "automatic", atMs: 50_000 },
          { type: "speech-pause", atMs: 50_000 },
          { type: "time-passed", nowMs: 60_000 },
          { type: "time-passed", nowMs: 60_032 },
        ]).state;
        expect(later.floor.level).not.toBe("paused");
      }),
      { numRuns: 500 },
    );
  });
});

describe("where the client ends the turns", () => {
  it("lets what is cleared after a commit not undo the commit: its words are awaited", () => {
    const committed = run([
      { type: "turns-are", taken: "manual", atMs: 0 },
      { type: "speech-start", atMs: 100 },
      { type: "turn-committed", atMs: 900 },
      { type: "clear", atMs: 950 },
    ]);
    expect(types(committed.commands)).toEqual(["announce-speech", "judge-turn"]);
    const { turn, revision } = committed.state;
    const words = { type: "transcript-ready", turn, revision, text: "Yes.", atMs: 1000 } as const;
    const answered = run([{ ...words, verdict: "ignore" }], committed.state);
    expect(types(answered.commands)).toEqual(["prepare-answer", "open-gate"]);
  });

  it("always answers what is handed over with words, at once and in silence, and nothing before", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        const before = run([
          ...events,
          { type: "disconnected" },
          { type: "reconnected" },
          { type: "turns-are", taken: "manual", atMs: 60_000 },
        ]).state;
        const spoken = run(
          [
            { type: "speech-start", atMs: 61_000 },
            { type: "speech-pause", atMs: 62_000 },
            { type: "time-passed", nowMs: 90_000 },
            { type: "turn-committed", atMs: 90_000 },
          ],
          before,
        );
        expect(types(spoken.commands)).toEqual(["announce-speech", "judge-turn"]);
        const { turn, revision } = spoken.state;
        const words = { type: "transcript-ready", turn, revision, text: "Yes.", atMs: 90_000 } as const;
        const answered = run([{ ...words, verdict: "ignore" }], spoken.state);
        expect(types(answered.commands)).toEqual(["prepare-answer", "open-gate"]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("where it changes who ends the turns while the user is in the middle of one", () => {
  const backAs = (taken: "automatic" | "manual"): TurnEvent[] => [
    { type: "disconnected" },
    { type: "reconnected" },
    { type: "turns-are", taken, atMs: 60_000 },
    { type: "speech-start", atMs: 61_000 },
    { type: "speech-pause", atMs: 62_000 },
  ];
  const wordsFor = ({ turn, revision }: TurnState, atMs: number): TurnEvent => {
    return { type: "transcript-ready", turn, revision, text: "Where is it?", verdict: "yield", atMs };
  };

  it("always answers a user who had fallen silent before turns were heard again", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        const before = run([...events, ...backAs("manual")]).state;
        const judged = run([{ type: "turns-are", taken: "automatic", atMs: 63_000 }], before);
        expect(types(judged.commands)).toEqual(["judge-turn"]);
        const answered = run(
          [wordsFor(judged.state, 63_100), { type: "time-passed", nowMs: 70_000 }],
          judged.state,
        );
        expect(types(answered.commands)).toEqual(["prepare-answer", "open-gate"]);
      }),
      { numRuns: 500 },
    );
  });

  it("answers nothing before the client hands the turn over, once that is the client's to say", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), fc.boolean(), (events, areWordsThere) => {
        const pausing = run([...events, ...backAs("automatic")]).state;
        const before = areWordsThere ? run([wordsFor(pausing, 62_050)], pausing).state : pausing;
        const waiting = run(
          [
            { type: "turns-are", taken: "manual", atMs: 62_060 },
            wordsFor(before, 62_100),
            { type: "time-passed", nowMs: 90_000 },
          ],
          before,
        );
        expect(types(waiting.commands)).toEqual(["drop-work"]);
        const handedOver = run([{ type: "turn-committed", atMs: 90_000 }], waiting.state);
        expect(types(handedOver.commands)).toEqual(["judge-turn"]);
        const answered = run([wordsFor(handedOver.state, 90_100)], handedOver.state);
        expect(types(answered.commands)).toEqual(["prepare-answer", "open-gate"]);
      }),
      { numRuns: 500 },
    );
  });
});

/** Which answers exist after a command, by key, with their gates. */
function applyTo(alive: Map<string, "closed" | "open">, command: TurnCommand): void {
  switch (command.type) {
    case "prepare-answer":
      alive.set(`${command.turn}.${command.revision}`, "closed");
      break;
    case "open-gate":
      expect(alive.has(`${command.turn}.${command.revision}`)).toBe(true);
      alive.set(`${command.turn}.${command.revision}`, "open");
      break;
    case "drop-work":
      alive.delete(`${command.turn}.${command.revision}`);
      break;
    case "stop-answer":
      expect([...alive.values()]).toEqual(["open"]);
      alive.clear();
      break;
    case "set-floor":
      expect([...alive.values()]).toEqual(["open"]);
      break;
    case "keep-silent":
    case "announce-speech":
    case "judge-turn":
    case "tell-silence":
    case "drop-turn":
      break;
    case "keep-words":
      expect([...alive.values()]).toEqual(["open"]);
      break;
  }
}
