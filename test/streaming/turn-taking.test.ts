import { describe, expect, it } from "vitest";

import type { Verdict } from "../../streaming/floor.ts";
import { DEFAULT_TURN_POLICY } from "../../streaming/turn-state.ts";
import type { TurnEvent } from "../../streaming/turn-state.ts";
import { patience } from "../../streaming/turn-taking.ts";
import { run, types } from "./run-turns.ts";

interface Said {
  readonly probability?: number;
  readonly turn?: number;
  readonly revision?: number;
  readonly verdict?: Verdict;
  readonly atMs?: number;
}

const spoken = (text: string, said: Said = {}): TurnEvent[] => {
  const { probability = 0.9, turn = 1, revision = 0, verdict = "yield", atMs = 2100 } = said;
  return [
    { type: "turn-scored", turn, revision, probability },
    { type: "transcript-ready", turn, revision, text, verdict, atMs },
  ];
};

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

  it("waits longest for words that are no whole sentence, less where they sounded finished", () => {
    const fragment = { text: "And the", verdict: "unclear" as const };
    expect(patience({ patienceMs: 0 }, { ...fragment, finishedProbability: 0.1 }, DEFAULT_TURN_POLICY)).toBe(
      DEFAULT_TURN_POLICY.unfinishedMaxMs,
    );
    expect(patience({ patienceMs: 0 }, { ...fragment, finishedProbability: 0.9 }, DEFAULT_TURN_POLICY)).toBe(
      DEFAULT_TURN_POLICY.unfinishedMs,
    );
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

  const talkingOver = run([{ type: "speech-start", atMs: 3000 }], answering);

  it("is heard at once: what they may be talking into is lowered, and goes on as it was after a false alarm", () => {
    const onset = run([{ type: "speech-onset", atMs: 2950 }], answering);
    expect(onset.commands).toEqual([{ type: "set-floor", turn: 1, level: "ducked", atMs: 2950 }]);
    const alarm = run([{ type: "false-alarm", atMs: 3000 }], onset.state);
    expect(alarm.commands).toEqual([{ type: "set-floor", turn: 1, level: "full", atMs: 3000 }]);
    expect(alarm.state.answer?.gate).toBe("open");
  });

  it("lowers the answer by speaking, then holds it, and takes the floor where it is not clear in time", () => {
    expect(types(talkingOver.commands)).toEqual(["set-floor", "announce-speech"]);
    expect(talkingOver.state).toMatchObject({ turn: 2, answer: { turn: 1, gate: "open" } });
    const { pauseAfterMs, pauseAtMostMs } = DEFAULT_TURN_POLICY;
    const soon = run([{ type: "time-passed", nowMs: 3000 + pauseAfterMs - 1 }], talkingOver.state);
    expect(soon.commands).toEqual([]);
    const held = run([{ type: "time-passed", nowMs: 3000 + pauseAfterMs }], soon.state);
    expect(held.commands).toMatchObject([{ type: "set-floor", level: "paused" }]);
    const over = run([{ type: "time-passed", nowMs: 3000 + pauseAfterMs + pauseAtMostMs }], held.state);
    expect(over.commands).toEqual([{ type: "stop-answer", turn: 1 }]);
  });

  it("takes the floor as soon as it is clear that they mean the assistant", () => {
    const judged: TurnEvent = {
      type: "speech-judged",
      turn: 2,
      revision: 0,
      verdict: "yield",
      atMs: 3400,
    };
    expect(run([judged], talkingOver.state).commands).toEqual([{ type: "stop-answer", turn: 1 }]);
  });

  it("lets the answer go on where they only agree, and hears the next sound as something new", () => {
    const agreed = run(
      [
        { type: "time-passed", nowMs: 3300 },
        { type: "speech-pause", atMs: 3400 },
        ...spoken("Mm-hmm.", { turn: 2, verdict: "ignore", atMs: 3600 }),
      ],
      talkingOver.state,
    );
    expect(types(agreed.commands)).toEqual(["set-floor", "judge-turn", "set-floor", "drop-turn"]);
    expect(agreed.commands.at(-2)).toMatchObject({ level: "full" });
    expect(agreed.state).toMatchObject({ user: { phase: "silent" }, answer: { turn: 1, gate: "open" } });
    const next = run([{ type: "speech-start", atMs: 4000 }], agreed.state);
    expect(next.commands.at(-1)).toMatchObject({ type: "announce-speech", turn: 3 });
  });

  it("answers a question that was talked into an answer, never with two answers at once", () => {
    const asked = run(
      [{ type: "speech-pause", atMs: 3200 }, ...spoken("And of Italy?", { turn: 2 })],
      talkingOver.state,
    );
    expect(types(asked.commands)).toEqual(["judge-turn", "stop-answer", "prepare-answer"]);
    expect(asked.state.answer).toEqual({ turn: 2, revision: 0, gate: "closed" });
  });

  it("gives a fragment no floor: the answer goes on after the pause, and the fragment is dropped", () => {
    const fragment = run(
      [
        { type: "time-passed", nowMs: 3300 },
        { type: "speech-pause", atMs: 3400 },
        ...spoken("And the", { turn: 2, verdict: "unclear", probability: 0.1 }),
        { type: "time-passed", nowMs: 3300 + DEFAULT_TURN_POLICY.pauseAtMostMs },
        { type: "time-passed", nowMs: 3400 + DEFAULT_TURN_POLICY.unfinishedMaxMs },
      ],
      talkingOver.state,
    );
    expect(types(fragment.commands)).toEqual(["set-floor", "judge-turn", "set-floor", "drop-turn"]);
    expect(fragment.state.answer).toMatchObject({ turn: 1, gate: "open" });
  });

  it("stops at a word, and answers nothing to it", () => {
    const stopped = run(
      [
        { type: "speech-pause", atMs: 3300 },
        { type: "stop-said", turn: 2, revision: 0 },
      ],
      talkingOver.state,
    );
    expect(types(stopped.commands)).toEqual(["judge-turn", "stop-answer", "drop-work", "drop-turn"]);
    expect(stopped.state).toMatchObject({ user: { phase: "silent" }, answer: undefined });
    const late = run(spoken("Stop.", { turn: 2 }), stopped.state);
    expect(late.commands).toEqual([]);
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
