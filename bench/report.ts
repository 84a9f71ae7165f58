import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import type { Machine } from "./machine.ts";
import { summarize, type Summary } from "./statistics.ts";

/** A bound that a figure should keep. */
export interface Limit {
  readonly statistic: "median" | "p95";
  readonly bound: "at most" | "at least";
  readonly value: number;
}

/** One line of a report: a series of measurements, or a single one (n = 1). */
export interface Figure extends Summary {
  readonly name: string;
  readonly unit: string;
  readonly limits: readonly Limit[];
}

/** What one bench found. */
export interface Report {
  readonly bench: string;
  /** When it was recorded, ISO 8601. */
  readonly recordedAt: string;
  readonly elapsedSeconds: number;
  readonly machine: Machine;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly figures: readonly Figure[];
  /** Remarks for people, such as what was misheard. */
  readonly notes: readonly string[];
  /** Everything that was measured, for other programs. */
  readonly details: unknown;
}

/** A figure from a series; undefined where nothing was measured. */
export function series(
  name: string,
  unit: string,
  values: readonly number[],
  limits: readonly Limit[] = [],
): Figure | undefined {
  return values.length === 0 ? undefined : { name, unit, limits, ...summarize(values) };
}

/** A figure from a single measurement. */
export function single(name: string, unit: string, value: number, limits: readonly Limit[] = []): Figure {
  return { name, unit, limits, n: 1, median: value, p95: value };
}

/** Whether a figure keeps a limit. */
export function keeps(figure: Figure, { statistic, bound, value }: Limit): boolean {
  return bound === "at most" ? figure[statistic] <= value : figure[statistic] >= value;
}

/** Whether every figure keeps what is wanted of it. */
export function keepsAll(figures: readonly Figure[]): boolean {
  return figures.every((figure) => figure.limits.every((limit) => keeps(figure, limit)));
}

/** The report as lines of text. */
export function printReport(report: Report): string {
  const { machine, settings, elapsedSeconds } = report;
  const head = [
    `${report.bench}, ${report.recordedAt}, ${Math.round(elapsedSeconds)} s`,
    `${machine.cpu} (${machine.instructions.join(", ")}), ${machine.cores} cores, ${machine.memoryGb} GB, ` +
      `${machine.system}, Node ${machine.node}, onnxruntime ${machine.onnxruntime}, cores busy before ${machine.busyBefore}`,
    Object.entries(settings)
      .map(([key, value]) => `${key}: ${value}`)
      .join(", "),
    "",
  ];
  const rows = [["figure", "median", "p95", "n", "unit", "wanted"], ...report.figures.map(describeFigure)];
  const notes = report.notes.length === 0 ? [] : ["", ...report.notes];
  return [...head, ...alignColumns(rows), ...notes, ""].join("\n");
}

/** Writes the report as JSON, and its print beside it. */
export async function writeReport(report: Report, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(file.replace(/(\.json)?$/u, ".txt"), printReport(report));
}

function describeFigure(figure: Figure): string[] {
  const limits = figure.limits.map((limit) => {
    const statistic = figure.n === 1 ? "" : `${limit.statistic} `;
    return `${statistic}${limit.bound} ${limit.value}: ${keeps(figure, limit) ? "met" : "MISSED"}`;
  });
  const tail = figure.n === 1 ? "" : describeNumber(figure.p95);
  return [figure.name, describeNumber(figure.median), tail, String(figure.n), figure.unit, limits.join(", ")];
}

/** Three digits tell enough. */
function describeNumber(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

/** The first and the last two columns hold words, the others numbers. */
function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const isText = (column: number): boolean => column === 0 || column >= columns - 2;
  return rows.map((row) =>
    row
      .map((cell, column) =>
        isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}
