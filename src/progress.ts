import { Presets, SingleBar } from "cli-progress";

import {
  ensurePack,
  type PackOptions,
  type PackPaths,
  type PackProgress,
  type ProgressListener,
} from "../models/packs/index.ts";

/** Where progress is written, and whether it can redraw a line. */
export interface ProgressOutput {
  readonly stream: NodeJS.WritableStream;
  readonly isTerminal: boolean;
  /** Milliseconds that only ever grow. */
  readonly now: () => number;
}

/** Shows what happens to a pack. `stop` ends a bar that is still being drawn, and must be called. */
export interface ProgressDisplay {
  readonly onProgress: ProgressListener;
  readonly stop: () => void;
}

/** Without a terminal, a file that is on its way is mentioned this often. */
const LINE_EVERY_MS = 5_000;

/** `ensurePack` with bars on a terminal and plain lines elsewhere, both on standard error. */
export async function ensurePackVisibly(name: string, options: PackOptions = {}): Promise<PackPaths> {
  const { stderr } = process;
  const display = progressDisplay({ stream: stderr, isTerminal: stderr.isTTY, now: () => performance.now() });
  try {
    return await ensurePack(name, { ...options, onProgress: display.onProgress });
  } finally {
    display.stop();
  }
}

/** A bar per file on a terminal, a line every few seconds elsewhere. Silent when nothing has to be fetched. */
export function progressDisplay(output: ProgressOutput): ProgressDisplay {
  const print = (line: string): void => void output.stream.write(`${line}\n`);
  const bytes = output.isTerminal ? barDisplay(output.stream) : lineDisplay(output.now, print);
  // A host that cannot be reached fails for each file, in the same words.
  const said = new Set<string>();
  let source: string | undefined;
  const onProgress = (event: PackProgress): void => {
    if (event.type === "source-start") source = event.source;
    else if (event.type === "bytes" || event.type === "package-bytes") {
      if (source !== undefined) print(`  ${event.file}: from ${source}`);
      source = undefined;
      bytes.show(event);
    } else {
      bytes.stop();
      const line = describeEvent(event);
      if (line !== undefined && !said.has(line)) print(line);
      if (line !== undefined) said.add(line);
    }
  };
  return { onProgress, stop: bytes.stop };
}

type BytesEvent = Extract<PackProgress, { type: "bytes" | "package-bytes" }>;
type OtherEvent = Exclude<PackProgress, BytesEvent | { type: "source-start" }>;

interface BytesDisplay {
  readonly show: (event: BytesEvent) => void;
  readonly stop: () => void;
}

function barDisplay(stream: NodeJS.WritableStream): BytesDisplay {
  let bar: SingleBar | undefined;
  let drawn: BytesEvent["type"] | undefined;
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
  };
  const show = (event: BytesEvent): void => {
    if (event.type !== drawn) stop();
    drawn = event.type;
    bar ??= startBar(stream, event);
    bar.update(event.receivedBytes, { received: toMegabytes(event.receivedBytes) });
  };
  return { show, stop };
}

function lineDisplay(now: () => number, print: (line: string) => void): BytesDisplay {
  let lastLine = now();
  const show = (event: BytesEvent): void => {
    if (now() - lastLine < LINE_EVERY_MS) return;
    lastLine = now();
    const received = toMegabytes(event.receivedBytes);
    if (event.totalBytes === undefined) print(`  ${titleOf(event)}: ${received} MB so far`);
    else print(`  ${titleOf(event)}: ${received} of ${toMegabytes(event.totalBytes)} MB`);
  };
  return { show, stop: () => undefined };
}

function startBar(stream: NodeJS.WritableStream, event: BytesEvent): SingleBar {
  const { totalBytes } = event;
  const format =
    totalBytes === undefined
      ? `  ${titleOf(event)}: {received} MB so far`
      : `  ${titleOf(event)} [{bar}] {percentage}% of ${toMegabytes(totalBytes)} MB, {eta_formatted} left`;
  const options = { stream, format, formatTime, barsize: 24, hideCursor: true };
  const bar = new SingleBar(options, Presets.shades_classic);
  // Counted in bytes: in steps of whole megabytes, no time that is left could be reckoned.
  bar.start(totalBytes ?? Number.MAX_SAFE_INTEGER, 0, { received: 0 });
  return bar;
}

/** Of a time that is not known yet, the bar gives words instead of a number. */
function formatTime(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  return seconds < 60 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

function titleOf({ type, file }: BytesEvent): string {
  return type === "bytes" ? file : `package of ${file}`;
}

/** One line per event; `undefined` for those that say nothing on their own. */
function describeEvent(event: OtherEvent): string | undefined {
  switch (event.type) {
    case "pack-start": {
      const megabytes = toMegabytes(event.missingBytes);
      return `fetching ${event.missingFiles} files of pack ${event.pack}, ${megabytes} MB`;
    }
    case "file-start":
    case "verify-start":
      return undefined;
    case "file-wait":
      return `  ${event.file}: another process is fetching it; waiting`;
    case "source-failure":
      return `  ${event.reason}`;
    case "file-ready":
      return `  ${event.file}: verified`;
  }
}

function toMegabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
