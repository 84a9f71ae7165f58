import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { keeps, type Report } from "../report.ts";
import { type Estimate, toFigure } from "./estimates.ts";
import type { TrialScore } from "./scorer.ts";
import { behaviourTable, confusionTable, type CrossTable } from "./tables.ts";

/** Writes the report as Markdown beside its JSON file. */
export async function writeMarkdown(
  json: string,
  settings: Report["settings"],
  estimates: readonly Estimate[],
  scores: readonly TrialScore[],
): Promise<void> {
  await mkdir(dirname(json), { recursive: true });
  await writeFile(json.replace(/(\.json)?$/u, ".md"), formatMarkdown(settings, estimates, scores));
}

/** The report as Markdown. */
export function formatMarkdown(
  settings: Report["settings"],
  estimates: readonly Estimate[],
  scores: readonly TrialScore[],
): string {
  const failed = scores.filter(({ failures }) => failures.length > 0);
  const parts = [
    "# Duplex bench",
    Object.entries(settings)
      .map(([key, value]) => `${key}: ${value}`)
      .join(", "),
    table(
      ["figure", "unit", "n", "value", "95 % interval", "p90", "p95", "wanted"],
      estimates.map(describeEstimate),
    ),
    RULES,
    "## Talk over an answer, and what the assistant did",
    crossTable("scenario", behaviourTable(scores)),
    "## What a sound was, and what it was held for",
    crossTable("truth", confusionTable(scores)),
    `## Trials to look at (${failed.length} of ${scores.length})`,
    failed
      .map(({ failures, timeline: { trial } }) => {
        return `- ${trial.scenario} ${trial.index}, ${trial.variant}: ${failures.join(", ")}`;
      })
      .join("\n"),
  ];
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}

const RULES =
  "The value is the median, or the share. An answer that is missing counts as the whole window; a trial whose sound " +
  "was sent more than 80 ms late, or that had no answer to talk over, stays in the denominator as a failure. Turn " +
  "taking (TOR): sound of at least 1 s or of more than 3 words (Full-Duplex-Bench v1). Silence of less than 0.5 s " +
  "does not end an answer (v1.5). Yielding: within 2 s of the onset, and for good: until the last sound of an answer that is " +
  "held and goes on; selectivity: not within 1 s (tau-voice), however briefly. A trial that is not counted as " +
  "good counts as good where the share is of bad ones. " +
  "SIR, SRIR, EIR: FD-Bench, on interruptions that are sentences.";

function describeEstimate(estimate: Estimate): string[] {
  const { name, unit, n, value, interval, p90, p95, limits } = estimate;
  const number = (given: number): string => (unit === "share" ? given.toFixed(3) : given.toFixed(0));
  const tail = (given: number): string => (unit === "share" ? "" : number(given));
  const figure = toFigure(estimate);
  const wanted = limits.map((limit) => {
    const statistic = unit === "share" ? "" : `${limit.statistic} `;
    return `${statistic}${limit.bound} ${limit.value}: ${keeps(figure, limit) ? "met" : "**missed**"}`;
  });
  const bounds = `${number(interval[0])} to ${number(interval[1])}`;
  return [name, unit, String(n), number(value), bounds, tail(p90), tail(p95), wanted.join(", ")];
}

function crossTable(corner: string, { columns, rows }: CrossTable): string {
  return table(
    [corner, ...columns],
    rows.map(({ name, counts }) => [name, ...counts.map(String)]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
