import type { SegmentOutcome } from "./outcomes.ts";
import type { TrialScore } from "./scorer.ts";

/** How often each row met each column. */
export interface CrossTable {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly name: string; readonly counts: readonly number[] }[];
}

/** What the sound was in truth (rows) and what the monitor said last about it (columns). */
export function confusionTable(scores: readonly TrialScore[]): CrossTable {
  return countPairs(
    scores
      .flatMap(({ outcomes }) => outcomes)
      .map(({ segment, decision }) => [segment.kind, decision ?? "none"]),
  );
}

/** What the assistant did about talk over its answer, by scenario. */
export function behaviourTable(scores: readonly TrialScore[]): CrossTable {
  const over = scores.flatMap(({ timeline, subject }): [string, SegmentOutcome][] =>
    subject?.overlapped === true ? [[timeline.trial.scenario, subject]] : [],
  );
  return countPairs(over.map(([scenario, { behaviour }]) => [scenario, behaviour]));
}

/** Rows and columns in the order in which they come. */
export function countPairs(pairs: readonly (readonly [string, string])[]): CrossTable {
  const columns = [...new Set(pairs.map(([, column]) => column))];
  const rows = [...new Set(pairs.map(([row]) => row))].map((name) => ({
    name,
    counts: columns.map((column) => pairs.filter(([row, other]) => row === name && other === column).length),
  }));
  return { columns, rows };
}
