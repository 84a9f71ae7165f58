import { expect, it } from "vitest";

import { figuresOf, matrixLines, missLines, type Trial } from "../../../bench/decisions/matrix.ts";
import type { UtteranceKind } from "../../../streaming/index.ts";

function trial(kind: UtteranceKind, taken: UtteranceKind): Trial {
  const decision = { kind: taken, probability: 0.9, reason: "because" };
  const verdict = taken === "query" || taken === "stop" ? "yield" : "ignore";
  return {
    set: "made up",
    kind,
    moment: "at first",
    content: "words",
    voice: "nobody",
    place: "near",
    room: "quiet",
    judged: { decision, verdict, evidence: undefined },
  };
}

const TRIALS = [
  trial("query", "query"),
  trial("query", "query"),
  trial("query", "noise"),
  trial("noise", "noise"),
  trial("backchannel", "query"),
];

it("counts recall among what is of a kind, precision among what was taken for it", () => {
  const shares = Object.fromEntries(figuresOf("made up", TRIALS).map(({ name, median }) => [name, median]));
  expect(shares["made up: query, recall (2 of 3)"]).toBeCloseTo(2 / 3);
  expect(shares["made up: query, precision (2 of 3)"]).toBeCloseTo(2 / 3);
  expect(shares["made up: noise, precision (1 of 2)"]).toBe(0.5);
  expect(shares["made up: takes the floor, of queries and stops (2 of 3)"]).toBeCloseTo(2 / 3);
  expect(shares["made up: takes the floor, of all that is not meant (1 of 2)"]).toBe(0.5);
});

it("has a row for every kind and a line for every mistake", () => {
  const [, , query = ""] = matrixLines("made up", TRIALS);
  expect(query.split(/\s+/u)).toEqual(["query", "2", "0", "0", "0", "1", "0", "3"]);
  expect(missLines(TRIALS)).toHaveLength(2);
});
