import { expect, test } from "vitest";

import { computeEstimates } from "../../../bench/duplex/figures.ts";
import type { Estimate } from "../../../bench/duplex/estimates.ts";
import { scoreTrial, type TrialScore } from "../../../bench/duplex/scorer.ts";
import type { Timeline } from "../../../bench/duplex/timeline.ts";
import { answerEnd, answerStart, handMade } from "./hand-made.ts";

/** A pause inside a turn, and how long something was heard from 1500 ms on, within it. */
function pauseTrial(heardMs: number): TrialScore {
  return scoreTrial(
    handMade({
      scenario: "pause-inside-turn",
      user: [
        ["incomplete", 400, 1400],
        ["query", 2200, 4400],
      ],
      assistant: [
        [1500, 1500 + heardMs],
        [5000, 7000],
      ],
      messages: [
        [1490, answerStart(1)],
        [1500 + heardMs, answerEnd(1, "interrupted", "Well")],
        [4990, answerStart(2)],
      ],
    }),
  );
}

/** An interruption at 3000 ms, of an answer that was silent after so many ms, and answered after as many. */
function interruptionTrial(silentMs: number, responseMs: number, more: Partial<Timeline> = {}): TrialScore {
  const timeline = handMade({
    scenario: "interruption",
    user: [
      ["query", 400, 1000],
      ["query", 3000, 4500],
    ],
    assistant: [
      [1500, 3000 + silentMs],
      [4500 + responseMs, 7000 + responseMs],
    ],
    messages: [
      [1490, answerStart(1)],
      [3000 + silentMs, answerEnd(1, "interrupted")],
      [4490 + responseMs, answerStart(2)],
    ],
  });
  return scoreTrial({ ...timeline, ...more });
}

function estimatesOf(trials: readonly TrialScore[]): Map<string, Estimate> {
  const estimates = computeEstimates({ trials, heard: [], pack: "embedded" });
  return new Map(estimates.map((estimate) => [estimate.name.trim(), estimate]));
}

test("a pause is not taken by nothing, hardly by a word, and fully by a second of talk", () => {
  expect(pauseTrial(0).takeover.early).toEqual({ atAll: false, byRule: false });
  expect(pauseTrial(400).takeover.early).toEqual({ atAll: true, byRule: false });
  expect(pauseTrial(1200).takeover.early).toEqual({ atAll: true, byRule: true });
});

test("what is said after the user's turn is not held against the pause inside it", () => {
  expect(pauseTrial(0).takeover.late).toEqual({ atAll: true, byRule: true });
  expect(pauseTrial(0).failures).toEqual([]);
});

test("a turn is taken by more than three words even if they are quick, and not by fewer", () => {
  const taken = (text: string): boolean =>
    scoreTrial(
      handMade({
        scenario: "smooth-turn-end",
        user: [["query", 400, 4000]],
        assistant: [[4600, 5300]],
        messages: [
          [4590, answerStart(1)],
          [5300, answerEnd(1, "completed", text)],
        ],
      }),
    ).takeover.late.byRule;
  expect(taken("Yes it is so.")).toBe(true);
  expect(taken("Yes it is.")).toBe(false);
});

test("a trial that was sent late, or had no answer to talk over, cannot be good", () => {
  expect(interruptionTrial(250, 600).ineligible).toBeUndefined();
  expect(interruptionTrial(250, 600, { worstSlipMs: 81 }).ineligible).toContain("81 ms late");
  const silent = handMade({
    user: [
      ["query", 400, 1000],
      ["query", 3000, 4500],
    ],
    assistant: [],
  });
  expect(scoreTrial(silent)).toMatchObject({ isSetUp: false, ineligible: "no answer to talk over" });
});

test("ineligible trials stay in the denominator as failures, and as the whole window in delays", () => {
  const good = interruptionTrial(250, 600);
  const late = interruptionTrial(250, 600, { worstSlipMs: 500 });
  const estimates = estimatesOf([good, good, good, late]);
  expect(estimates.get("yields to real interruptions (R_Y)")).toMatchObject({ n: 4, value: 0.75 });
  expect(estimates.get("interruption answered (SRIR)")).toMatchObject({ n: 4, value: 0.75 });
  expect(estimates.get("interruption: onset to silent")).toMatchObject({ n: 4, value: 250 });
  expect(estimates.get("interruption: onset to silent")?.p95).toBeGreaterThan(1500);
  expect(estimates.get("its end to the answer (FSED, t_resp)")).toMatchObject({ value: 600 });
  expect(estimates.get("voice to voice, first turns")).toMatchObject({ n: 4, value: 500 });
});

test("an interruption succeeds only while the user speaks", () => {
  const estimates = estimatesOf([interruptionTrial(1200, 600), interruptionTrial(1900, 600)]);
  expect(estimates.get("assistant silent before its end (SIR)")?.value).toBe(0.5);
  expect(estimates.get("yields to real interruptions (R_Y)")?.value).toBe(1);
});

test("figures of scenarios that were not played are left out instead of being nought", () => {
  const estimates = estimatesOf([interruptionTrial(250, 600)]);
  expect(estimates.has("pause inside a turn: turn taken (TOR)")).toBe(false);
  expect(estimates.has("selectivity, mean of three (S)")).toBe(false);
  expect(estimates.has("own echo at -30 dB answered")).toBe(false);
});

test("an assistant that answers its own echo is found, and one that is only asked is not", () => {
  const echo = (turns: number): TrialScore =>
    scoreTrial(
      handMade({
        scenario: "self-echo",
        variant: "-30 dB, alone",
        user: [["query", 400, 1000]],
        assistant: Array.from({ length: turns }, (_, turn) => [1500 + 2500 * turn, 3000 + 2500 * turn]),
        messages: Array.from({ length: turns }, (_, turn) => [1490 + 2500 * turn, answerStart(turn + 1)]),
      }),
    );
  expect(echo(1)).toMatchObject({ unaskedAnswers: 0, failures: [] });
  expect(echo(3)).toMatchObject({ unaskedAnswers: 2, failures: ["answered itself"] });
  const estimates = estimatesOf([echo(1), echo(3)]);
  expect(estimates.get("own echo at -30 dB answered")?.value).toBe(0.5);
});

test("an assistant that its own echo breaks off is found", () => {
  const echo = (outcome: "completed" | "interrupted"): TrialScore =>
    scoreTrial(
      handMade({
        scenario: "self-echo",
        variant: "-30 dB, alone",
        user: [["query", 400, 1000]],
        assistant: [[1500, 3000]],
        messages: [
          [1490, answerStart(1)],
          [3000, answerEnd(1, outcome)],
        ],
      }),
    );
  expect(echo("completed").failures).toEqual([]);
  expect(echo("interrupted").failures).toEqual(["interrupted itself"]);
  const estimates = estimatesOf([echo("completed"), echo("interrupted")]);
  expect(estimates.get("broke off its own answer")?.value).toBe(0.5);
});

test("selectivity counts each kind of disturbance the same, however many trials it has", () => {
  const over = (scenario: "backchannel" | "noise" | "talking-to-other", stops: boolean): TrialScore =>
    scoreTrial(
      handMade({
        scenario,
        variant: "over an answer",
        user: [
          ["query", 400, 1000],
          [
            scenario === "backchannel" ? "backchannel" : scenario === "noise" ? "noise" : "side-talk",
            3000,
            3400,
          ],
        ],
        assistant: [[1500, stops ? 3300 : 9000]],
        messages: stops
          ? [
              [1490, answerStart(1)],
              [3300, answerEnd(1, "interrupted")],
            ]
          : [[1490, answerStart(1)]],
      }),
    );
  const trials = [
    over("backchannel", false),
    over("backchannel", false),
    over("backchannel", false),
    over("noise", true),
    over("talking-to-other", false),
    over("talking-to-other", true),
  ];
  expect(estimatesOf(trials).get("selectivity, mean of three (S)")?.value).toBeCloseTo(0.5, 10);
  expect(estimatesOf(trials).get("went on as expected (v1.5: resume)")?.value).toBeCloseTo(4 / 6, 10);
});
