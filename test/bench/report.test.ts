import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, expect, test } from "vitest";

import {
  keeps,
  keepsAll,
  printReport,
  type Report,
  series,
  single,
  writeReport,
} from "../../bench/report.ts";

let folder: string | undefined;
afterEach(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true });
});

const atMost = { statistic: "p95", bound: "at most", value: 10 } as const;
const atLeast = { statistic: "median", bound: "at least", value: 0.9 } as const;

const machine = {
  cpu: "Test CPU",
  instructions: ["avx2", "avx512_vnni"],
  cores: 2,
  memoryGb: 8,
  system: "linux x64",
  node: "20.0.0",
  onnxruntime: "1.0.0",
  busyBefore: 0.1,
};

function reportOf(figures: Report["figures"]): Report {
  return {
    bench: "example",
    recordedAt: "2026-01-01T00:00:00.000Z",
    elapsedSeconds: 61.2,
    machine,
    settings: { pack: "lite" },
    figures,
    notes: ["a remark"],
    details: [1],
  };
}

test("a bench that holds the product to its limits fails where one of many figures misses one", () => {
  const kept = series("kept", "ms", [5], [atMost]);
  const missed = single("missed", "share", 0.5, [atLeast]);
  expect(keepsAll([kept!, single("free", "ms", 1e9)])).toBe(true);
  expect(keepsAll([kept!, missed])).toBe(false);
});

test("limits are held against the statistic that they name", () => {
  const figure = series("wait", "ms", [1, 2, 30]);
  expect(figure && keeps(figure, { ...atMost, statistic: "median" })).toBe(true);
  expect(figure && keeps(figure, atMost)).toBe(false);
  expect(keeps(single("rate", "ratio", 0.9), atLeast)).toBe(true);
  expect(keeps(single("rate", "ratio", 0.89), atLeast)).toBe(false);
});

test("a limit that was missed cannot be overlooked", () => {
  const lines = printReport(
    reportOf([single("slow", "ms", 11, [atMost]), single("quick", "ms", 9, [atMost])]),
  ).split("\n");
  expect(lines.find((line) => line.startsWith("slow"))).toContain("MISSED");
  expect(lines.find((line) => line.startsWith("quick"))).toContain("met");
});

test("the print names machine, remarks and how many times was measured", () => {
  const figure = series("wait", "ms", [1, 2, 3]);
  const print = printReport(reportOf(figure === undefined ? [] : [figure]));
  expect(print).toContain("Test CPU (avx2, avx512_vnni), 2 cores, 8 GB");
  expect(print).toContain("a remark");
  expect(print).toMatch(/^wait +2 +2\.9 +3 +ms$/mu);
});

test("what was never measured makes no line", () => {
  expect(series("wait", "ms", [])).toBeUndefined();
});

test("JSON and print lie side by side", async () => {
  folder = await mkdtemp(join(tmpdir(), "antiphon-report-"));
  const report = reportOf([single("wait", "ms", 3)]);
  await writeReport(report, join(folder, "results", "example.json"));
  expect(JSON.parse(await readFile(join(folder, "results", "example.json"), "utf8"))).toEqual(report);
  expect(await readFile(join(folder, "results", "example.txt"), "utf8")).toBe(printReport(report));
});
