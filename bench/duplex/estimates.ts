import { median as medianOf, quantile } from "../statistics.ts";
import type { Figure, Limit } from "../report.ts";
import { seededRandom } from "./random.ts";

/** Resamples of a bootstrap. */
const RESAMPLES = 1000;

/** A figure with everything that its sample says. */
export interface Estimate {
  readonly name: string;
  readonly unit: "ms" | "share" | "words";
  readonly n: number;
  /** The median, or the share. */
  readonly value: number;
  readonly mean: number;
  readonly p90: number;
  readonly p95: number;
  /** Bounds of the 95 % interval of `value`, by bootstrap. */
  readonly interval: readonly [number, number];
  readonly limits: readonly Limit[];
}

/**
 * The median of a series.
 * @param missingAs - what counts for a value that is not there, such as the window in which it was waited for.
 * @returns undefined without values.
 */
export function medianEstimate(
  name: string,
  unit: "ms" | "words",
  values: readonly (number | undefined)[],
  missingAs: number,
  limits: readonly Limit[] = [],
): Estimate | undefined {
  return estimate(
    name,
    unit,
    values.map((value) => value ?? missingAs),
    medianOf,
    limits,
  );
}

/** The share of hits; undefined without trials. */
export function shareEstimate(
  name: string,
  hits: readonly boolean[],
  limits: readonly Limit[] = [],
): Estimate | undefined {
  return estimate(name, "share", hits.map(Number), meanOf, limits);
}

/** The mean of several shares, each of which counts the same; undefined where one is missing. */
export function meanOfShares(
  name: string,
  groups: readonly (readonly boolean[])[],
  limits: readonly Limit[] = [],
): Estimate | undefined {
  if (groups.length === 0 || groups.some((group) => group.length === 0)) return undefined;
  const shares = groups.map((group) => meanOf(group.map(Number)));
  const value = meanOf(shares);
  const random = seededRandom(1);
  const resampled = Array.from({ length: RESAMPLES }, () =>
    meanOf(groups.map((group) => meanOf(resample(group.map(Number), random)))),
  );
  const n = groups.reduce((sum, group) => sum + group.length, 0);
  return {
    name,
    unit: "share",
    n,
    value,
    mean: value,
    p90: value,
    p95: value,
    interval: bounds(resampled),
    limits,
  };
}

/** As a line of a report; a share has no tail. */
export function toFigure({ name, unit, n, value, p95, interval, limits }: Estimate): Figure {
  const [low, high] = interval.map((bound) => (unit === "share" ? bound.toFixed(2) : bound.toFixed(0)));
  if (unit !== "share") return { name, unit: `${unit} (${low}-${high})`, n, median: value, p95, limits };
  return { name, unit: `share of ${n} (${low}-${high})`, n: 1, median: value, p95: value, limits };
}

function estimate(
  name: string,
  unit: Estimate["unit"],
  values: readonly number[],
  statistic: (values: readonly number[]) => number,
  limits: readonly Limit[],
): Estimate | undefined {
  if (values.length === 0) return undefined;
  const random = seededRandom(1);
  const resampled = Array.from({ length: RESAMPLES }, () => statistic(resample(values, random)));
  return {
    name,
    unit,
    n: values.length,
    value: statistic(values),
    mean: meanOf(values),
    p90: quantile(values, 0.9),
    p95: quantile(values, 0.95),
    interval: bounds(resampled),
    limits,
  };
}

/** As many values, drawn with replacement. */
function resample(values: readonly number[], random: () => number): number[] {
  return values.map(() => values[Math.floor(random() * values.length)] ?? 0);
}

function bounds(resampled: readonly number[]): [number, number] {
  return [quantile(resampled, 0.025), quantile(resampled, 0.975)];
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
