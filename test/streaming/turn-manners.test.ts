import { describe, expect, it } from "vitest";

import { patience } from "../../streaming/patience.ts";
import type { TurnManners } from "../../streaming/turn-manners.ts";
import { DEFAULT_TURN_POLICY, INITIAL_TURN_STATE } from "../../streaming/turn-state.ts";
import type { TurnEvent, TurnState } from "../../streaming/turn-state.ts";
import { run, spoken, types } from "./run-turns.ts";

const withManners = (manners: TurnManners): TurnState => ({ ...INITIAL_TURN_STATE, manners });
const { finishedMs, unfinishedMs, unfinishedMaxMs } = DEFAULT_TURN_POLICY;

describe("how long a client wants its user to be waited for", () => {
  const given = (manners: TurnManners, probability: number, text = "What is the time?"): number =>
    patience({ patienceMs: 0, manners }, { text, finishedProbability: probability }, DEFAULT_TURN_POLICY);

  it("is a silence of its choice, whatever was said and however unfinished it sounds", () => {
    expect(given({ silenceMs: 1200 }, 0.9)).toBe(1200);
    expect(given({ silenceMs: 200 }, 0.1, "I would like")).toBe(200);
    const patient: TurnEvent[] = [
      { type: "speech-start", atMs: 0 },
      { type: "speech-pause", atMs: 1000 },
      ...spoken("What is the time?", { atMs: 1100 }),
      { type: "time-passed", nowMs: 2199 },
    ];
    const waiting = run(patient, withManners({ silenceMs: 1200 }));
    expect(types(waiting.commands)).toEqual(["announce-speech", "judge-turn", "prepare-answer"]);
    expect(types(run([{ type: "time-passed", nowMs: 2200 }], waiting.state).commands)).toEqual(["open-gate"]);
  });

  it("is as much longer or shorter as it says, and nothing where the client ends the turn", () => {
    expect(given({ patience: 2 }, 0.9)).toBe(2 * finishedMs);
    expect(given({ patience: 2 }, 0.1, "I would like")).toBe(2 * unfinishedMs);
    expect(given({ patience: 0.5 }, 0.9)).toBe(finishedMs / 2);
    const committed = { text: "Yes", isCommitted: true } as const;
    expect(patience({ patienceMs: 0, manners: { silenceMs: 900 } }, committed, DEFAULT_TURN_POLICY)).toBe(0);
  });

  it("counts from the moment on at which it is said, also for who has fallen silent already", () => {
    const pausing = run([
      { type: "speech-start", atMs: 0 },
      { type: "speech-pause", atMs: 1000 },
      ...spoken("I would like", { probability: 0.1 }),
      { type: "time-passed", nowMs: 1400 },
    ]);
    const manners: TurnEvent = { type: "manners-are", manners: { silenceMs: 400 }, atMs: 1400 };
    const over = run([manners, { type: "time-passed", nowMs: 1432 }], pausing.state);
    expect(types(over.commands)).toEqual(["open-gate"]);
  });
});

describe("where nobody is to take the floor", () => {
  const answering = (manners: TurnManners): TurnState =>
    run(
      [
        { type: "speech-start", atMs: 0 },
        { type: "speech-pause", atMs: 500 },
        ...spoken("Tell me a story."),
        { type: "time-passed", nowMs: 800 },
      ],
      withManners(manners),
    ).state;
  const overIt: TurnEvent[] = [
    { type: "speech-onset", atMs: 2950 },
    { type: "speech-start", atMs: 3000 },
    { type: "time-passed", nowMs: 8000 },
    { type: "speech-judged", turn: 2, revision: 0, verdict: "yield", atMs: 8000 },
    { type: "speech-pause", atMs: 8100 },
    ...spoken("Make it short.", { turn: 2, atMs: 8200 }),
    { type: "time-passed", nowMs: 8100 + unfinishedMaxMs },
  ];
  const end: TurnEvent = { type: "answer-end", turn: 1 };

  it("lets the answer sound as it is while somebody speaks, and answers them as soon as it is over", () => {
    const over = run(overIt, answering({ overlap: "answered-after" }));
    expect(over.commands).toEqual([
      { type: "announce-speech", turn: 2, atMs: 3000 },
      { type: "judge-turn", turn: 2, revision: 0, atMs: 8100 },
      { type: "keep-words", turn: 2, revision: 0, text: "Make it short." },
    ]);
    expect(over.state.answer).toMatchObject({ turn: 1, gate: "open" });
    const key = { turn: 3, revision: 0, text: "" };
    const after = run([end], over.state);
    expect(after.commands).toEqual([
      { type: "prepare-answer", ...key },
      { type: "open-gate", ...key },
    ]);
    expect(run([{ type: "answer-end", turn: 3 }], after.state).commands).toEqual([]);
  });

  it("keeps words that may not be all, too, else what was said becomes no item", () => {
    const over = run(
      [
        { type: "speech-start", atMs: 3000 },
        { type: "speech-pause", atMs: 3500 },
        ...spoken("I would like", { turn: 2, verdict: "unclear", probability: 0.1, atMs: 3600 }),
        { type: "time-passed", nowMs: 3500 + unfinishedMaxMs },
      ],
      answering({ overlap: "answered-after" }),
    );
    expect(over.commands.at(-1)).toEqual({ type: "keep-words", turn: 2, revision: 0, text: "I would like" });
    expect(types(run([end], over.state).commands)).toEqual(["prepare-answer", "open-gate"]);
  });

  it("leaves them unanswered where the client says when to answer", () => {
    const over = run(overIt, answering({ overlap: "unanswered" }));
    expect(types(over.commands)).toContain("keep-words");
    expect(run([end], over.state).commands).toEqual([]);
  });

  it("owes nothing any more once the client says when to answer, else the assistant speaks unasked", () => {
    const over = run(overIt, answering({ overlap: "answered-after" })).state;
    const manners: TurnEvent = { type: "manners-are", manners: { overlap: "unanswered" }, atMs: 9900 };
    expect(run([manners, end, { type: "time-passed", nowMs: 20_000 }], over).commands).toEqual([]);
  });

  it("answers all that was said once, when the user goes on beyond the end of the answer", () => {
    const over = run(overIt, answering({ overlap: "answered-after" })).state;
    const more = run(
      [
        { type: "speech-start", atMs: 11_000 },
        end,
        { type: "speech-pause", atMs: 12_000 },
        ...spoken("And funny.", { turn: 3, atMs: 12_100 }),
        { type: "time-passed", nowMs: 14_000 },
        { type: "answer-end", turn: 3 },
      ],
      over,
    );
    expect(types(more.commands)).toEqual(["announce-speech", "judge-turn", "prepare-answer", "open-gate"]);
  });

  it("answers what was said before where the sound at the end of the answer turns out to be nothing", () => {
    const over = run(overIt, answering({ overlap: "answered-after" })).state;
    const nothing = run(
      [
        { type: "speech-start", atMs: 11_000 },
        end,
        { type: "speech-pause", atMs: 11_200 },
        ...spoken("", { turn: 3, verdict: "ignore", atMs: 11_300 }),
        { type: "time-passed", nowMs: 14_000 },
      ],
      over,
    );
    expect(types(nothing.commands).slice(2)).toEqual(["drop-turn", "prepare-answer", "open-gate"]);
  });

  it("takes no word for a command, but a button", () => {
    const manners = { overlap: "answered-after" } as const;
    const stop = spoken("Stop.", { turn: 2, verdict: "stop", atMs: 3600 });
    const said = run(
      [{ type: "speech-start", atMs: 3000 }, { type: "speech-pause", atMs: 3500 }, ...stop],
      answering(manners),
    );
    expect(types(said.commands)).toEqual(["announce-speech", "judge-turn"]);
    const pressed = run([{ type: "interrupt" }], run(overIt, answering(manners)).state);
    expect(types(pressed.commands)).toEqual(["keep-silent", "stop-answer"]);
  });

  it("is silent where that is asked for behind the answer, else asking for silence makes the assistant speak", () => {
    const over = run(overIt, answering({ overlap: "answered-after" })).state;
    const speaking = run([{ type: "speech-start", atMs: 11_000 }, end], over).state;
    const pause: TurnEvent = { type: "speech-pause", atMs: 12_000 };
    const nothing = spoken("", { turn: 3, verdict: "ignore", atMs: 12_100 });
    const said: TurnEvent[] = [pause, ...spoken("Stop.", { turn: 3, verdict: "stop", atMs: 12_100 })];
    const pressed: TurnEvent[] = [{ type: "interrupt" }, pause, ...nothing];
    for (const asked of [said, pressed]) {
      const later = run([...asked, { type: "time-passed", nowMs: 14_000 }], speaking);
      expect(types(later.commands)).toEqual(expect.arrayContaining(["judge-turn", "drop-turn"]));
      expect(types(later.commands)).not.toContain("prepare-answer");
    }
  });

  it("lets also what a client hands over end no answer: its words are kept", () => {
    const handed = run(
      [
        { type: "turns-are", taken: "manual", atMs: 2900 },
        { type: "speech-start", atMs: 3000 },
        { type: "turn-committed", atMs: 3500 },
        ...spoken("Make it short.", { turn: 2, atMs: 3600 }),
      ],
      answering({ overlap: "unanswered" }),
    );
    expect(types(handed.commands)).toEqual(["announce-speech", "judge-turn", "keep-words"]);
  });

  it("restores an answer that was lowered before the client said so", () => {
    const ducked = run([{ type: "speech-onset", atMs: 2950 }], answering({})).state;
    const manners: TurnEvent = { type: "manners-are", manners: { overlap: "unanswered" }, atMs: 2990 };
    expect(run([manners], ducked).commands).toEqual([
      { type: "set-floor", turn: 1, level: "full", atMs: 2990 },
    ]);
  });
});
