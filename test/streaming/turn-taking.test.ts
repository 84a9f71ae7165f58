import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { DEFAULT_TURN_POLICY, INITIAL_TURN_STATE, patience, takeTurn } from "../../streaming/turn-taking.ts";
import type { TurnCommand, TurnEvent, TurnState } from "../../streaming/turn-taking.ts";

/** Runs events through the reducer and collects what it commands. */
function run(events: readonly TurnEvent[], from: TurnState = INITIAL_TURN_STATE) {
  const commands: TurnCommand[] = [];
  let state = from;
  for (const event of events) {
    const step = takeTurn(state, event);
    state = step.state;
    commands.push(...step.commands);
  }
  return { state, commands };
}

const spoken = (text: string, { probability = 0.9, turn = 1, revision = 0 } = {}): TurnEvent[] => [
  { type: "turn-scored", turn, revision, probability },
  { type: "transcript-ready", turn, revision, text },
];
const types = (commands: readonly TurnCommand[]): string[] => commands.map(({ type }) => type);

describe("a spoken turn", () => {
  const question: TurnEvent[] = [
    { type: "speech-start", atMs: 1000 },
    { type: "speech-pause", atMs: 2000 },
    ...spoken("What is the capital of France?"),
  ];

  it("starts work before the turn is known to be over, and opens the gate when it is", () => {
    const early = run(question);
    expect(types(early.commands)).toEqual(["announce-speech", "judge-turn", "prepare-answer"]);
    expect(early.state.answer?.gate).toBe("closed");
    const late = run([{ type: "time-passed", nowMs: 2000 + DEFAULT_TURN_POLICY.finishedMs }], early.state);
    expect(late.commands).toEqual([
      { type: "open-gate", turn: 1, revision: 0, text: "What is the capital of France?" },
    ]);
    expect(late.state.answer).toEqual({ turn: 1, revision: 0, gate: "open" });
  });

  it("waits longer when the end-of-turn model says unfinished", () => {
    const unfinished = run([...question.slice(0, 2), ...spoken("I would like", { probability: 0.1 })]);
    const soon = run(
      [{ type: "time-passed", nowMs: 2000 + DEFAULT_TURN_POLICY.questionMs }],
      unfinished.state,
    );
    expect(soon.commands).toEqual([]);
    const late = run([{ type: "time-passed", nowMs: 2000 + DEFAULT_TURN_POLICY.unfinishedMs }], soon.state);
    expect(types(late.commands)).toEqual(["open-gate"]);
  });

  it("lets a question mark outweigh the model's doubt", () => {
    const doubted = { finishedProbability: 0.1, text: "What is the capital of France?" };
    expect(patience({ patienceMs: 0 }, doubted, DEFAULT_TURN_POLICY)).toBe(DEFAULT_TURN_POLICY.questionMs);
  });

  it("throws work away when the user goes on, and ignores what still arrives for it", () => {
    const resumed = run([...question, { type: "speech-resume", atMs: 2150 }]);
    expect(types(resumed.commands).at(-1)).toBe("drop-work");
    expect(resumed.state).toMatchObject({
      turn: 1,
      revision: 1,
      answer: undefined,
      user: { phase: "speaking" },
    });
    const stale = run([...spoken("What is the capital of France?")], resumed.state);
    expect(stale.commands).toEqual([]);
  });

  it("learns to wait for a speaker who pauses within turns, up to a limit", () => {
    const paused = run([...question, { type: "speech-resume", atMs: 2700 }]);
    expect(paused.state.patienceMs).toBe(1050);
    const long = run([...question, { type: "speech-resume", atMs: 9000 }]);
    expect(long.state.patienceMs).toBe(DEFAULT_TURN_POLICY.unfinishedMaxMs);
  });

  it("is dropped without an answer when nothing was understood", () => {
    const noise = run([...question.slice(0, 2), ...spoken("", { probability: 0 })]);
    expect(types(noise.commands)).not.toContain("prepare-answer");
    const over = run([{ type: "time-passed", nowMs: 4000 }], noise.state);
    expect(over.commands).toEqual([{ type: "drop-turn", turn: 1 }]);
    expect(over.state.user.phase).toBe("silent");
  });
});

describe("the user while the assistant speaks", () => {
  const answering = run([
    { type: "speech-start", atMs: 0 },
    { type: "speech-pause", atMs: 500 },
    ...spoken("Tell me a story."),
    { type: "time-passed", nowMs: 800 },
  ]).state;

  it("stops the answer by speaking", () => {
    const { commands, state } = run([{ type: "speech-start", atMs: 3000 }], answering);
    expect(commands).toEqual([
      { type: "stop-answer", turn: 1 },
      { type: "announce-speech", turn: 2, atMs: 3000 },
    ]);
    expect(state).toMatchObject({ turn: 2, revision: 0, answer: undefined });
  });

  it("stops the answer by a button and is heard again afterwards", () => {
    const stopped = run([{ type: "interrupt" }], answering);
    expect(stopped.commands).toEqual([{ type: "stop-answer", turn: 1 }]);
    expect(types(run([{ type: "speech-start", atMs: 4000 }], stopped.state).commands)).toEqual([
      "announce-speech",
    ]);
  });

  it("replaces the answer by typing", () => {
    const typed = run([{ type: "text-typed", text: "Stop, what time is it?" }], answering);
    expect(types(typed.commands)).toEqual(["stop-answer", "prepare-answer", "open-gate"]);
    expect(typed.state.answer).toEqual({ turn: 2, revision: 0, gate: "open" });
  });
});

describe("a user whose connection breaks", () => {
  const begun: TurnEvent[] = [
    { type: "speech-start", atMs: 0 },
    { type: "speech-pause", atMs: 500 },
    ...spoken("Tell me a story."),
  ];
  const silence: TurnEvent = { type: "time-passed", nowMs: 5000 };

  it.each([
    ["while they speak", begun.slice(0, 1), ["drop-work", "drop-turn"]],
    ["while they pause before an answer that nobody may hear yet", begun, ["drop-work", "drop-turn"]],
    ["while they are answered", [...begun, silence], ["stop-answer"]],
    ["while nobody speaks", [], []],
  ])("%s: all of the turn is over, and no answer follows", (_, before, expected) => {
    const { state } = run(before);
    const broken = run([{ type: "disconnected" }], state);
    expect(types(broken.commands)).toEqual(expected);
    expect(broken.state).toMatchObject({ user: { phase: "away" }, answer: undefined });
    const late = run(
      [...spoken("Tell me a story."), { type: "speech-resume", atMs: 900 }, silence],
      broken.state,
    );
    expect(late.commands).toEqual([]);
  });

  it("is heard again once they are back, and not before", () => {
    const away = run([...begun, { type: "disconnected" }, { type: "speech-start", atMs: 6000 }]).state;
    expect(away.user.phase).toBe("away");
    const back = run([{ type: "reconnected" }, { type: "speech-start", atMs: 7000 }], away);
    expect(back.commands).toEqual([{ type: "announce-speech", turn: 2, atMs: 7000 }]);
  });

  it("loses nothing of a turn by a greeting that comes without a break", () => {
    expect(run([...begun, { type: "reconnected" }, silence]).state.answer?.gate).toBe("open");
  });
});

/** Any order of anything: keys are small so that stale and current ones both occur. */
const anyEvent: fc.Arbitrary<TurnEvent> = fc.oneof(
  fc.record({ type: fc.constant("speech-start" as const), atMs: fc.nat(20_000) }),
  fc.record({ type: fc.constant("speech-pause" as const), atMs: fc.nat(20_000) }),
  fc.record({ type: fc.constant("speech-resume" as const), atMs: fc.nat(20_000) }),
  fc.record({
    type: fc.constant("turn-scored" as const),
    turn: fc.nat(4),
    revision: fc.nat(2),
    probability: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({
    type: fc.constant("transcript-ready" as const),
    turn: fc.nat(4),
    revision: fc.nat(2),
    text: fc.constantFrom("", "Yes.", "Where is it?"),
  }),
  fc.record({ type: fc.constant("time-passed" as const), nowMs: fc.nat(30_000) }),
  fc.record({ type: fc.constant("text-typed" as const), text: fc.constant("typed") }),
  fc.constant({ type: "interrupt" as const }),
  fc.constant({ type: "disconnected" as const }),
  fc.constant({ type: "reconnected" as const }),
  fc.record({ type: fc.constant("answer-end" as const), turn: fc.nat(4) }),
);

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
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        const before = run([...events, { type: "reconnected" }]).state;
        // Whatever state that was: silence ends what is open, then a new question must be answered.
        const { turn, revision } = before;
        const quiet = run(
          [
            { type: "speech-pause", atMs: 50_000 },
            { type: "transcript-ready", turn, revision, text: "" },
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
            },
            { type: "time-passed", nowMs: 70_000 },
          ],
          asked.state,
        );
        expect(types(answered.commands)).toContain("open-gate");
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
    case "announce-speech":
    case "judge-turn":
    case "drop-turn":
      break;
  }
}
