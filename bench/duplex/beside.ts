import { most, least } from "../limits.ts";
import type { Figure } from "../report.ts";
import { type Estimate, toFigure } from "./estimates.ts";

/** How much worse a conversation may be through another line. */
const TOLERANCE = 0.15;

/** What was reached through a line, by its name. */
export interface Reached {
  readonly line: string;
  readonly estimates: readonly Estimate[];
}

/**
 * What the other line reached, and how it stands to the first one where something is wanted of a figure: delays as ratios of
 * the medians and of the 95th percentiles, shares as ratios of the shares of what is wanted (of what is not answered, where
 * answers are not wanted).
 */
export function compareLines(first: Reached, second: Reached): Figure[] {
  const reached = second.estimates.map((estimate) => ({
    ...toFigure(estimate),
    name: `${second.line}: ${estimate.name.trim()}`,
    limits: [],
  }));
  const ratios = first.estimates.flatMap((estimate) => {
    const other = second.estimates.find(({ name }) => name === estimate.name);
    if (other === undefined || estimate.limits.length === 0 || estimate.unit === "words") return [];
    const name = `${second.line} over ${first.line}: ${estimate.name.trim()}`;
    return [{ ...compare(estimate, other), name }];
  });
  return [...reached, ...ratios];
}

function compare(estimate: Estimate, other: Estimate): Omit<Figure, "name"> {
  if (estimate.unit !== "share") {
    const median = other.value / estimate.value;
    const limits = estimate.limits.map(({ statistic }) => most(statistic, 1 + TOLERANCE));
    return { unit: "times", n: other.n, median, p95: other.p95 / estimate.p95, limits };
  }
  const isWanted = estimate.limits.every(({ bound }) => bound === "at least");
  const wanted = ({ value }: Estimate): number => (isWanted ? value : 1 - value);
  const ratio = wanted(other) === wanted(estimate) ? 1 : wanted(other) / wanted(estimate);
  return {
    unit: `times, of ${other.n}`,
    n: 1,
    median: ratio,
    p95: ratio,
    limits: [least("median", 1 - TOLERANCE)],
  };
}
