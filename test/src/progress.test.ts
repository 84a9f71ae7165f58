import { PassThrough } from "node:stream";

import { expect, test } from "vitest";

import type { PackProgress } from "../../models/packs/index.ts";
import { progressDisplay } from "../../src/progress.ts";

const file = "weights.bin";
const bytes = (receivedBytes: number): PackProgress => ({
  type: "bytes",
  file,
  receivedBytes,
  totalBytes: 100e6,
});

/** What is written when these events come one second apart. */
function shown(events: readonly PackProgress[], isTerminal: boolean): string {
  const stream = Object.assign(new PassThrough({ encoding: "utf8" }), { isTTY: isTerminal, columns: 120 });
  let timeMs = 0;
  const display = progressDisplay({ stream, isTerminal, now: () => timeMs });
  for (const event of events) {
    timeMs += 1_000;
    display.onProgress(event);
  }
  display.stop();
  return String(stream.read() ?? "");
}

test("without a terminal a download is a few plain lines, not one per chunk", () => {
  const chunks = Array.from({ length: 12 }, (_, index) => bytes((index + 1) * 8e6));
  const source: PackProgress = { type: "source-start", file, source: "the Hub" };
  expect(shown([source, ...chunks, { type: "file-ready", file, path: "/x" }], false).split("\n")).toEqual([
    "  weights.bin: from the Hub",
    "  weights.bin: 32 of 100 MB",
    "  weights.bin: 72 of 100 MB",
    "  weights.bin: verified",
    "",
  ]);
});

test("a host that fails for every file in the same words is mentioned once", () => {
  const failure = (name: string): PackProgress => ({
    type: "source-failure",
    file: name,
    source: "s",
    reason: "no network",
  });
  expect(shown([failure("a"), failure("b")], false)).toBe("  no network\n");
});

test("a source that brought nothing is not said to be where the file came from", () => {
  const tried: PackProgress = { type: "source-start", file, source: "the Hub" };
  const used: PackProgress = { type: "source-start", file, source: "a package" };
  expect(shown([tried, used, bytes(1)], false)).toBe("  weights.bin: from a package\n");
});

test("a wait for another process is explained", () => {
  expect(shown([{ type: "file-wait", file }], false)).toContain("another process is fetching it; waiting");
});

test("on a terminal a download is a bar that reaches its end, and the next file starts its own", () => {
  const text = shown([bytes(50e6), bytes(100e6), { type: "file-ready", file, path: "/x" }], true);
  expect(text).toContain("weights.bin [");
  expect(text).toContain("100% of 100 MB");
  expect(text.endsWith("  weights.bin: verified\n")).toBe(true);
});

const ofPackage = (receivedBytes: number): PackProgress => ({
  type: "package-bytes",
  file,
  receivedBytes,
  totalBytes: 80e6,
});

test("a file of less than a megabyte has a bar that reaches its end, too", () => {
  const small: PackProgress = { type: "bytes", file, receivedBytes: 2_317, totalBytes: 2_317 };
  expect(shown([small], true)).toContain("100% of 0 MB");
});

test("on a terminal a package of unknown length shows what has come", () => {
  expect(shown([{ type: "package-bytes", file, receivedBytes: 12e6 }], true)).toContain(
    "package of weights.bin: 12 MB so far",
  );
});

test("a time that is not known yet is no time", () => {
  const text = shown([bytes(0), bytes(0)], true);
  expect(text).toContain("? left");
  expect(text).not.toContain("NFs");
});

test("a package of known length has a bar with its share, then the file in it has its own", () => {
  const text = shown([ofPackage(0), ofPackage(40e6), bytes(100e6)], true);
  expect(text).toContain("package of weights.bin [");
  expect(text).toContain("50% of 80 MB");
  expect(text).toContain("100% of 100 MB");
});

test("without a terminal a package of known length says how much of it has come", () => {
  expect(
    shown(
      Array.from({ length: 5 }, () => ofPackage(20e6)),
      false,
    ),
  ).toBe("  package of weights.bin: 20 of 80 MB\n");
});

test("while a package of unknown length comes, what has come is shown", () => {
  const coming: PackProgress = { type: "package-bytes", file, receivedBytes: 12e6 };
  expect(
    shown(
      Array.from({ length: 5 }, () => coming),
      false,
    ),
  ).toBe("  package of weights.bin: 12 MB so far\n");
});
