import { describe, expect, it } from "vitest";

import { DEFAULT_TURN_POLICY } from "../../streaming/turn-state.ts";
import type { TurnEvent } from "../../streaming/turn-state.ts";
import { patience } from "../../streaming/patience.ts";
import { run, spoken, types } from "./run-turns.ts";

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
    expect(patience({ patienceMs: 0, manners: {} }, doubted, DEFAULT_TURN_POLICY)).toBe(
      DEFAULT_TURN_POLICY.questionMs,
    );
  });

  it("gives a statement more time than a question, an order or a short answer, for what it may lead to", () => {
    const { finishedMs, statementMs, unfinishedMs } = DEFAULT_TURN_POLICY;
    const given = (text: string): number =>
      patience({ patienceMs: 0, manners: {} }, { text, finishedProbability: 0.9 }, DEFAULT_TURN_POLICY);
    expect(given("I slept badly last night.")).toBe(statementMs);
    expect(given("I slept badly last night. How can I sleep better?")).toBe(finishedMs);
    expect(given("Tell me a story.")).toBe(finishedMs);
    expect(given("No, thanks.")).toBe(finishedMs);
    expect(given("Can you explain to me why?")).toBe(unfinishedMs);
    const slow = { text: "Can you explain to me why?", finishedProbability: 0.9 };
    expect(patience({ patienceMs: 1200, manners: {} }, slow, DEFAULT_TURN_POLICY)).toBe(1200);
  });

  it("forgets a long pause little by little, and learns nothing from one after an announcement", () => {
    const announced = [...question.slice(0, 2), ...spoken("I have a question.", { verdict: "await" })];
    const gone = run([...announced, { type: "speech-resume", atMs: 3000 }]);
    expect(gone.state.patienceMs).toBe(0);
    const paused = run([
      ...question,
      { type: "speech-resume", atMs: 2700 },
      { type: "speech-pause", atMs: 4000 },
    ]);
    const words = spoken("What is the capital of France?", { revision: 1 });
    const over = run([...words, { type: "time-passed", nowMs: 6000 }], paused.state);
    expect(types(over.commands)).toContain("open-gate");
    expect(over.state.patienceMs).toBeCloseTo(0.9 * paused.state.patienceMs);
  });

  it("gives a speaker who pauses long more where the model hears an end, but not all that they once took", () => {
    const { finishedMs, questionMs } = DEFAULT_TURN_POLICY;
    const given = (patienceMs: number): number =>
      patience(
        { patienceMs, manners: {} },
        { text: "What is it?", finishedProbability: 0.9 },
        DEFAULT_TURN_POLICY,
      );
    expect([0, 400, 800, 1600].map(given)).toEqual([finishedMs, finishedMs, 400, questionMs]);
  });

  it("waits longest for words that are no whole sentence, less where they sounded finished", () => {
    const fragment = { text: "And the", verdict: "unclear" as const };
    expect(
      patience(
        { patienceMs: 0, manners: {} },
        { ...fragment, finishedProbability: 0.1 },
        DEFAULT_TURN_POLICY,
      ),
    ).toBe(DEFAULT_TURN_POLICY.unfinishedMaxMs);
    expect(
      patience(
        { patienceMs: 0, manners: {} },
        { ...fragment, finishedProbability: 0.9 },
        DEFAULT_TURN_POLICY,
      ),
    ).toBe(DEFAULT_TURN_POLICY.unfinishedMs);
  });

  it("waits for what was announced, however finished the announcement sounded", () => {
    const announced = { text: "I meant something else.", verdict: "await" as const, finishedProbability: 1 };
    const { unfinishedMaxMs } = DEFAULT_TURN_POLICY;
    expect(patience({ patienceMs: 0, manners: {} }, announced, DEFAULT_TURN_POLICY)).toBe(unfinishedMaxMs);
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

  it("begins an answer ahead only so often; then the speaker's last pause must be over", () => {
    const { speculationsAtMost, finishedMs } = DEFAULT_TURN_POLICY;
    const events: TurnEvent[] = [{ type: "speech-start", atMs: 0 }];
    for (let revision = 0; revision <= speculationsAtMost; revision++) {
      const atMs = 1000 * (revision + 1);
      if (revision > 0) events.push({ type: "speech-resume", atMs: atMs - 700 });
      events.push({ type: "speech-pause", atMs }, ...spoken("Is it far?", { revision, atMs }));
    }
    const { state, commands } = run(events);
    expect(types(commands).filter((type) => type === "prepare-answer")).toHaveLength(speculationsAtMost);
    const nowMs = 1000 * (speculationsAtMost + 1) + finishedMs;
    expect(types(run([{ type: "time-passed", nowMs }], state).commands)).toEqual([
      "prepare-answer",
      "open-gate",
    ]);
    const over = run(
      [
        { type: "time-passed", nowMs },
        { type: "answer-end", turn: 1 },
      ],
      state,
    ).state;
    const next = run(
      [
        { type: "speech-start", atMs: 20_000 },
        { type: "speech-pause", atMs: 21_000 },
        ...spoken("Is it far?", { turn: 2, atMs: 21_100 }),
      ],
      over,
    );
    expect(types(next.commands)).toContain("prepare-answer");
  });

  it("begins an answer ahead also after many short pauses of which nothing was understood", () => {
    const events: TurnEvent[] = [{ type: "speech-start", atMs: 0 }];
    for (let revision = 0; revision <= DEFAULT_TURN_POLICY.speculationsAtMost; revision++) {
      if (revision > 0) events.push({ type: "speech-resume", atMs: 1000 * revision + 96 });
      events.push({ type: "speech-pause", atMs: 1000 * (revision + 1) });
    }
    const paused = run(events).state;
    const { revision } = paused;
    expect(types(run(spoken("Is it far?", { revision, atMs: 5100 }), paused).commands)).toEqual([
      "prepare-answer",
    ]);
  });

  it("is dropped without an answer when nothing was understood", () => {
    const noise = run([...question.slice(0, 2), ...spoken("", { probability: 0 })]);
    expect(types(noise.commands)).not.toContain("prepare-answer");
    const over = run([{ type: "time-passed", nowMs: 4000 }], noise.state);
    expect(over.commands).toEqual([{ type: "drop-turn", turn: 1 }]);
    expect(over.state.user.phase).toBe("silent");
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
    // Nor is anything begun that was typed just before.
    expect(run([{ type: "text-typed", text: "Hello?" }], broken.state).commands).toEqual([]);
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
