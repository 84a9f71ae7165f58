import { readFile } from "node:fs/promises";

import { z } from "zod";

import type { BenchedPack } from "./limits.ts";
import { LineProgram, PRODUCT } from "./programs.ts";

/** Memory of a process in MB, as Linux counts it. */
export interface Memory {
  /** In use now, and the most it ever was. */
  readonly resident: number;
  readonly peak: number;
  /** Part of `resident` that is the process's own, and part that is files mapped into it, which can be dropped. */
  readonly anonymous: number;
  readonly fileMapped: number;
}

/** Longer than the first start takes, which compiles the networks; one that hangs must not hold up the bench. */
const START_PATIENCE_MS = 120_000;

/** Reads the intervals of the main thread's timer, in ms, out of what a server tells of itself. */
export function eventLoopIn(metrics: string): { readonly p99Ms: number; readonly maxMs: number } {
  const read = (name: string): number => {
    const [, seconds] = new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)$`, "mu").exec(metrics) ?? [];
    return Number(seconds) * 1000;
  };
  return { p99Ms: read("p99"), maxMs: read("max") };
}

const readyLine = z.object({ url: z.string(), page: z.string() });

/** The product's server in a process of its own, as users run it, but without the rehearsal of `npm start`. */
export class ServerProgram {
  /** Where conversations begin. */
  readonly url: string;
  /** From the start of the process until conversations could begin. It rehearses nothing, as it would with `--warm`. */
  readonly readyMs: number;
  /** Where people look. */
  readonly page: string;
  readonly #program: LineProgram;

  private constructor(program: LineProgram, ready: z.infer<typeof readyLine>, readyMs: number) {
    this.#program = program;
    this.url = ready.url;
    this.page = ready.page;
    this.readyMs = readyMs;
  }

  /** Starts a server on a free port of the loopback interface, with `ANTIPHON_` variables, and waits until it is ready. */
  static async start(
    pack: BenchedPack,
    signal: AbortSignal,
    variables: Readonly<Record<string, string>> = {},
  ): Promise<ServerProgram> {
    const startMs = performance.now();
    const parameters = [PRODUCT, "serve", "--host", "127.0.0.1", "--port", "0", "--pack", pack, "--json"];
    const environment = { ANTIPHON_LOG_LEVEL: "warn", ...variables };
    const program = new LineProgram(process.execPath, parameters, { signal, environment });
    try {
      const ready = readyLine.parse(await program.next(START_PATIENCE_MS));
      return new ServerProgram(program, ready, performance.now() - startMs);
    } catch (error) {
      await program.end();
      throw error;
    }
  }

  /** Undefined where the system does not tell. */
  async memory(): Promise<Memory | undefined> {
    if (process.platform !== "linux") return undefined;
    const status = await readFile(`/proc/${this.#program.pid}/status`, "utf8");
    const megabytes = (name: string): number => {
      const [, kilobytes] = new RegExp(`^${name}:\\s+(\\d+) kB$`, "mu").exec(status) ?? [];
      return Number(kilobytes ?? 0) / 1024;
    };
    return {
      resident: megabytes("VmRSS"),
      peak: megabytes("VmHWM"),
      anonymous: megabytes("RssAnon"),
      fileMapped: megabytes("RssFile"),
    };
  }

  /**
   * 99th percentile in ms of the main thread's timer intervals since the last call. The timer fires every 10 ms, which
   * are part of the figure.
   */
  async eventLoopP99Ms(signal: AbortSignal): Promise<number> {
    return (await this.eventLoop(signal)).p99Ms;
  }

  /** The same, and the longest of these intervals. */
  async eventLoop(signal: AbortSignal): Promise<{ readonly p99Ms: number; readonly maxMs: number }> {
    const response = await fetch(new URL("metrics", this.page), { signal });
    return eventLoopIn(await response.text());
  }

  /** Stops the server and waits until its process is gone. */
  async stop(): Promise<void> {
    await this.#program.end();
  }
}
