import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

import { readPackEnvironment } from "../models/packs/index.ts";
import { programFolders } from "../src/config.ts";

/** How long a program may take to end when it is asked to, before it is killed. */
const LAST_WORDS_MS = 10_000;

/** How long a program may take to start or to answer: nothing may keep a bench from ending by itself. */
const PATIENCE_MS = 600_000;

/** The product's own program, compiled. */
export const PRODUCT = fileURLToPath(new URL("../src/main.js", import.meta.url));

/** A folder of the cache that belongs to the benches; made when it is not there. */
export async function benchFolder(name: string): Promise<string> {
  const folder = join(readPackEnvironment().home, "bench", name);
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Whether a program of that name can be started. */
export async function hasProgram(name: string): Promise<boolean> {
  for (const folder of programFolders()) if (await exists(join(folder, name))) return true;
  return false;
}

/** Whether a path exists. */
export async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

/**
 * Does `work` once per `pins`, which name what it installs: a mark in the folder says that it is done, so that an
 * installation that was cut short is begun again.
 */
export async function installOnce(
  folder: string,
  pins: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const mark = join(folder, `.installed-${pins.join("+").replaceAll(/[^A-Za-z0-9.+=-]/gu, "_")}`);
  if (await exists(mark)) return;
  await work();
  await writeFile(mark, "");
}

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Runs a program to its end and returns what it printed; what it says on standard error is passed on.
 * @throws Error when it cannot be started or fails.
 */
export async function runProgram(
  command: string,
  parameters: readonly string[],
  { signal, cwd, environment }: RunOptions,
): Promise<string> {
  const child = spawn(command, parameters, {
    signal,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...environment },
    ...(cwd !== undefined && { cwd }),
  });
  const printed: Buffer[] = [];
  child.stdout.on("data", (data: Buffer) => printed.push(data));
  const [status] = (await once(child, "close")) as [number | null];
  signal.throwIfAborted();
  if (status !== 0) throw new Error(`${command} ${parameters.join(" ")} failed (${status ?? "killed"})`);
  return Buffer.concat(printed).toString();
}

/** A program that prints a JSON object per line and, if it is one that answers, reads one per line. */
export class LineProgram {
  readonly #name: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string, undefined>;
  readonly #closed: Promise<void>;
  readonly #signal: AbortSignal;

  /** Starts it. It ends when `signal` is aborted, by {@link end}, or with the bench, whose end closes its input. */
  constructor(command: string, parameters: readonly string[], { signal, cwd, environment }: RunOptions) {
    signal.throwIfAborted();
    this.#name = [basename(command), ...parameters.slice(0, 1).map((path) => basename(path))].join(" ");
    this.#signal = signal;
    this.#child = spawn(command, parameters, {
      signal,
      killSignal: "SIGKILL",
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...environment },
      ...(cwd !== undefined && { cwd }),
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#closed = new Promise((resolve) => {
      this.#child.once("close", () => {
        resolve();
      });
    });
    // What went wrong shows as the end of its output.
    this.#child.on("error", () => undefined);
    this.#child.stdin.on("error", () => undefined);
  }

  /** Its process id. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#name} could not be started`);
    return this.#child.pid;
  }

  /**
   * The next object that it prints.
   * @throws Error when it ends instead, or is killed because it takes too long; `signal.reason` when aborted.
   */
  async next(patienceMs = PATIENCE_MS): Promise<unknown> {
    const overdue = setTimeout(() => this.#child.kill("SIGKILL"), patienceMs);
    const { value, done } = await this.#lines.next();
    clearTimeout(overdue);
    this.#signal.throwIfAborted();
    if (done === true) throw new Error(`${this.#name} ended without an answer`);
    return JSON.parse(value) as unknown;
  }

  /** Asks it something and waits for the answer. */
  async ask(request: object): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return await this.next();
  }

  /** Asks it to end, waits until it has, and kills it when that takes too long. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    this.#child.kill("SIGTERM");
    const overdue = setTimeout(() => this.#child.kill("SIGKILL"), LAST_WORDS_MS);
    await this.#closed;
    clearTimeout(overdue);
  }
}
