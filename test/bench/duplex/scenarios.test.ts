import { expect, test } from "vitest";

import { makeNoise } from "../../../bench/duplex/noises.ts";
import { PHRASEBOOK_NAMES, PHRASEBOOKS } from "../../../bench/duplex/phrasebooks.ts";
import { seededRandom } from "../../../bench/duplex/random.ts";
import { planTrial, TRIAL_COUNTS } from "../../../bench/duplex/scenarios.ts";
import { wordsOf } from "../../../streaming/index.ts";
import { NOISE_COLOURS, SCENARIOS, type Trial } from "../../../bench/duplex/trial.ts";

const FIRST_SIX = SCENARIOS.slice(0, 6);

function said(trial: Trial): readonly string[] {
  return trial.steps.flatMap((step) => (step.do === "say" ? [step.kind] : []));
}

function variants(scenario: (typeof SCENARIOS)[number]): Set<string> {
  const { full } = TRIAL_COUNTS[scenario];
  return new Set(Array.from({ length: full }, (_, index) => planTrial(scenario, index).variant));
}

test.each(SCENARIOS)("%s is planned the same in every run", (scenario) => {
  for (let index = 0; index < 12; index += 1) {
    expect(planTrial(scenario, index)).toEqual(planTrial(scenario, index));
  }
});

test.each(SCENARIOS)("%s is tried often enough", (scenario) => {
  const { full, quick } = TRIAL_COUNTS[scenario];
  expect(full).toBeGreaterThanOrEqual(FIRST_SIX.includes(scenario) ? 50 : 20);
  expect(quick).toBeGreaterThanOrEqual(1);
});

test.each(SCENARIOS)("a set-up of %s that failed is repeated with the same variant", (scenario) => {
  if (scenario === "pause-inside-turn") return;
  const trial = planTrial(scenario, 5);
  const again = planTrial(scenario, 5, 1);
  expect(again.variant).toBe(trial.variant);
  expect(said(again)).toEqual(said(trial));
  expect(again).not.toEqual(trial);
});

test("every kind of interruption, noise and echo has its trials", () => {
  expect(variants("interruption")).toEqual(new Set(["topic-change", "correction", "stop", "follow-up"]));
  expect(variants("noise").size).toBeGreaterThanOrEqual(5);
  expect(variants("self-echo").size).toBe(6);
});

test("every pause is between 0.4 and 1.0 s long", () => {
  for (let index = 0; index < 50; index += 1) {
    const pauseMs = Number.parseInt(planTrial("pause-inside-turn", index).variant, 10);
    expect(pauseMs).toBeGreaterThanOrEqual(400);
    expect(pauseMs).toBeLessThanOrEqual(1000);
  }
});

test("echo is only fed back where it is tried, within 50 to 200 ms", () => {
  for (const scenario of SCENARIOS) {
    const { echo } = planTrial(scenario, 3);
    expect(echo !== undefined).toBe(scenario === "self-echo");
    if (echo === undefined) continue;
    expect(echo.delayMs).toBeGreaterThanOrEqual(50);
    expect(echo.delayMs).toBeLessThanOrEqual(200);
  }
});

test.each(PHRASEBOOK_NAMES)(
  "%s: a backchannel has at most three different words, and a pause comes where nothing is finished",
  (name) => {
    const { backchannels, brokenTurns } = PHRASEBOOKS[name];
    expect(backchannels.filter((text) => new Set(wordsOf(text)).size > 3)).toEqual([]);
    expect(brokenTurns.filter(([begin]) => !begin.endsWith(","))).toEqual([]);
  },
);

test("of the held-out phrases, none is known but the questions that set a trial up", () => {
  const all = (name: (typeof PHRASEBOOK_NAMES)[number]): readonly string[] => {
    const { longQuestions, interruptions, brokenTurns, ...others } = PHRASEBOOKS[name];
    expect(longQuestions.length).toBeGreaterThan(0);
    return [...Object.values(others), ...Object.values(interruptions), ...brokenTurns].flat();
  };
  const known = new Set(all("known"));
  expect(all("held-out").filter((text) => known.has(text))).toEqual([]);
});

test("trials with held-out phrases are the same but for the words", () => {
  for (const scenario of SCENARIOS) {
    const known = planTrial(scenario, 3);
    const other = planTrial(scenario, 3, 0, PHRASEBOOKS["held-out"]);
    expect(said(other)).toEqual(said(known));
    expect(other.echo).toEqual(known.echo);
  }
});

test.each(NOISE_COLOURS)("%s noise is as long as wanted, the same for a seed, and not silent", (colour) => {
  const make = (seed: number): Float32Array => makeNoise(colour, 100, seed, undefined, 24_000);
  expect(make(1)).toHaveLength(2400);
  expect(make(1)).toEqual(make(1));
  expect(make(1)).not.toEqual(make(2));
  expect(make(1).some((sample) => Math.abs(sample) > 0.1)).toBe(true);
});

test("seeded numbers are even between 0 and 1", () => {
  const random = seededRandom(7);
  const counts = [0, 0, 0, 0];
  for (let draw = 0; draw < 4000; draw += 1) {
    const slot = Math.floor(random() * 4);
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
});
