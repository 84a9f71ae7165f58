#!/usr/bin/env node
import { openVoiceSession } from "../streaming/index.ts";
import { EXIT, runCli } from "./cli.ts";
import { openTerminal } from "./client/terminal.ts";
import { systemClock } from "./clock.ts";
import { openModels } from "./compose.ts";
import { progressDisplay } from "./progress.ts";
import { deferSeeing } from "./seeing.ts";

/** The program: the command line in the real world. The first signal ends it in order, the second at once. */
async function main(): Promise<void> {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(EXIT.interrupted);
      stop.abort(new DOMException(`received ${name}`, "AbortError"));
    });
  }
  const { stdout, stderr } = process;
  // A promise that nobody waited for must not end everybody's conversations; it is a fault all the same.
  process.on("unhandledRejection", (reason) => stderr.write(`unexpected failure: ${String(reason)}\n`));
  const progress = progressDisplay({
    stream: stderr,
    isTerminal: stderr.isTTY,
    now: () => performance.now(),
  });
  try {
    const status = await runCli(process.argv.slice(2), {
      print: (line) => stdout.write(`${line}\n`),
      note: (line) => stderr.write(`${line}\n`),
      openModels,
      openSeeing: deferSeeing,
      openSession: openVoiceSession,
      onProgress: progress.onProgress,
      clock: systemClock,
      terminal: openTerminal(process.stdin, stderr),
      signal: stop.signal,
    });
    // A command may have set another status itself, where what it found is bad news but no error.
    if (status !== EXIT.done) process.exitCode = status;
  } finally {
    progress.stop();
  }
}

await main();
