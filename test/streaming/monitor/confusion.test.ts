import { describe, expect, test } from "vitest";

import { decide } from "../../../streaming/index.ts";
import type { UtteranceKind } from "../../../streaming/index.ts";
import { UTTERANCES } from "./utterances.ts";

/** Share of each kind that must be told. Taking the floor wrongly, or not when told to, is what people mind most. */
const LEAST: Readonly<Record<UtteranceKind, number>> = {
  query: 0.95,
  stop: 0.97,
  backchannel: 0.95,
  noise: 0.93,
  "side-talk": 0.9,
  incomplete: 0.93,
};
const KINDS = Object.keys(LEAST) as UtteranceKind[];

const decided = UTTERANCES.map(({ kind, evidence }) => ({ kind, evidence, decision: decide(evidence) }));

/** Rows are what was meant, columns what was decided. */
function confusionMatrix(): string {
  const cells = (row: readonly string[]): string => row.map((cell) => cell.padStart(12)).join("");
  const rows = KINDS.map((meant) => {
    const ofKind = decided.filter(({ kind }) => kind === meant);
    const counts = KINDS.map((kind) => ofKind.filter(({ decision }) => decision.kind === kind).length);
    return cells([meant, ...counts.map(String)]);
  });
  const mistakes = decided
    .filter(({ kind, decision }) => kind !== decision.kind)
    .map(
      ({ kind, evidence, decision }) =>
        `${kind} "${evidence.text}" taken for ${decision.kind}: ${decision.reason}`,
    );
  return [cells(["", ...KINDS]), ...rows, ...mistakes].join("\n");
}

describe("the monitor's decisions over a table of utterances", () => {
  test("the table is large enough to say something of each kind", () => {
    console.info(`${UTTERANCES.length} utterances\n${confusionMatrix()}`);
    expect(UTTERANCES.length).toBeGreaterThanOrEqual(120);
    for (const kind of KINDS)
      expect(UTTERANCES.filter((row) => row.kind === kind).length).toBeGreaterThan(25);
  });

  test.each(KINDS)("%s is told from the others", (kind) => {
    const ofKind = decided.filter((row) => row.kind === kind);
    const right = ofKind.filter(({ decision }) => decision.kind === kind);
    expect(right.length / ofKind.length).toBeGreaterThanOrEqual(LEAST[kind]);
  });

  test("what is no query or command takes the floor in at most one of thirty cases", () => {
    const takesFloor = (kind: UtteranceKind): boolean => kind === "query" || kind === "stop";
    const others = decided.filter(({ kind }) => !takesFloor(kind));
    const wrong = others.filter(({ decision }) => takesFloor(decision.kind));
    expect(wrong.length / others.length).toBeLessThanOrEqual(1 / 30);
  });

  test("every decision has a probability and a reason", () => {
    for (const { decision } of decided) {
      expect(decision.probability).toBeGreaterThan(0);
      expect(decision.probability).toBeLessThanOrEqual(1);
      expect(decision.reason).not.toBe("");
    }
  });
});
