import { mkdir, open, rm, truncate } from "node:fs/promises";
import { dirname } from "node:path";

import { AntiphonError, messageOf } from "../../streaming/index.ts";
import { hashFile } from "../hash-file.ts";
import {
  admitFile,
  cachePath,
  fileState,
  partialPath,
  proveFile,
  removeFile,
  sizeOnDisk,
  wrongHash,
} from "./cache.ts";
import { withLock } from "./lock.ts";
import type { FileSource, PackFile } from "./manifest.ts";
import { describeSource, passingBytes, readSource, type SourceContext } from "./sources.ts";
import { isErrno } from "./system.ts";

/** What bringing files into the cache needs beside the files themselves. */
export interface FetchContext extends SourceContext {
  /** Free bytes on the disk of a folder. */
  readonly freeBytes: (folder: string) => Promise<number>;
}

/**
 * Makes sure that a locked file lies in the cache with the right contents, and returns its path. Tries the sources in
 * order, goes on with a partial file, verifies before the file appears under its name (by an atomic rename).
 *
 * @throws AntiphonError `source-unavailable` with every source's reason, `model-corrupt` when what came is not the
 * locked file, or what was in the cache is not and no source has another, `disk-full`, `config-invalid` when the cache
 * folder cannot be written.
 */
export async function fetchFile(file: PackFile, context: FetchContext): Promise<string> {
  const path = cachePath(context.environment.home, file);
  if ((await fileState(path, file)) === "trusted") return path;
  await makeCacheFolder(dirname(path));
  const onWait = (): void => {
    context.onProgress({ type: "file-wait", file: file.name });
  };
  await withLock(path, { signal: context.signal, onWait }, async (signal) => {
    await fetchLocked(file, path, { ...context, signal });
  });
  context.onProgress({ type: "file-ready", file: file.name, path });
  return path;
}

/** How many bytes of a file are still to come. */
export async function missingBytes(file: PackFile, home: string): Promise<number> {
  const path = cachePath(home, file);
  if ((await fileState(path, file)) !== "absent") return 0;
  return Math.max(0, file.size - (await sizeOnDisk(partialPath(path))));
}

/** @throws AntiphonError `disk-full` when the disk of the cache has less than `bytes` left. */
export async function requireSpace(bytes: number, context: FetchContext): Promise<void> {
  const { home } = context.environment;
  const free = await context.freeBytes(home);
  if (free >= bytes) return;
  throw diskFull(home, `${megabytes(bytes)} are needed and ${megabytes(free)} are free`);
}

/** Makes the cache folder, or says why it cannot be made. */
export async function makeCacheFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    if (isErrno(cause, "ENOSPC", "EDQUOT")) throw diskFull(folder, "not even a folder can be made", cause);
    const reason = messageOf(cause);
    const advice = "set ANTIPHON_HOME to a folder that you can write to";
    throw new AntiphonError("config-invalid", `the cache folder cannot be made (${reason}); ${advice}`, {
      cause,
    });
  }
}

/** A place that did not give the file, in words, and why. */
interface Failure {
  readonly source: string;
  readonly error: AntiphonError;
}

async function fetchLocked(file: PackFile, path: string, context: FetchContext): Promise<void> {
  const failures: Failure[] = [];
  const fail = (failure: Failure): void => {
    failures.push(failure);
    const { source, error } = failure;
    context.onProgress({ type: "source-failure", file: file.name, source, reason: error.message });
  };
  if (await isInPlace(file, path, { ...context, fail })) return;
  context.onProgress({ type: "file-start", file: file.name, totalBytes: file.size });
  const { modelDirectories } = context.environment;
  for (const source of file.sources) {
    if (source.type === "directory" && modelDirectories.length === 0) continue;
    const description = describeSource(source);
    try {
      await fetchFrom(source, file, path, context);
      return;
    } catch (cause) {
      context.signal.throwIfAborted();
      const error = asAntiphonError(cause, file, context);
      if (error.code !== "source-unavailable" && error.code !== "model-corrupt") throw error;
      fail({ source: description, error });
    }
  }
  throw noSourceLeft(file, failures);
}

/** Another process may have finished the file while we waited, or it lies there without a mark, or damaged. */
async function isInPlace(
  file: PackFile,
  path: string,
  context: FetchContext & { readonly fail: (failure: Failure) => void },
): Promise<boolean> {
  const state = await fileState(path, file);
  if (state !== "unproven") return state === "trusted";
  context.onProgress({ type: "verify-start", file: file.name });
  const found = await proveFile(path, file, context.signal);
  if (found === file.sha256) return true;
  await removeFile(path);
  // Where nothing else has the file either, this is what happened: the rest are only places that could not help.
  context.fail({
    source: "cache",
    error: wrongHash(file, found, "It was deleted and has to be fetched again."),
  });
  return false;
}

async function fetchFrom(
  source: FileSource,
  file: PackFile,
  path: string,
  context: FetchContext,
): Promise<void> {
  const partial = partialPath(path);
  // What an earlier attempt left may itself be wrong: then this source deserves a try from the start.
  for (const resumed of [(await sizeOnDisk(partial)) > 0, false]) {
    await append(source, file, partial, context);
    context.onProgress({ type: "verify-start", file: file.name });
    const found = await hashFile(partial, context.signal);
    if (found === file.sha256) {
      await admitFile(partial, path, file);
      return;
    }
    await rm(partial, { force: true });
    if (!resumed) throw wrongHash(file, found, "What came was deleted.");
  }
}

async function append(
  source: FileSource,
  file: PackFile,
  partial: string,
  context: FetchContext,
): Promise<void> {
  let received = await sizeOnDisk(partial);
  if (received > file.size) {
    await truncate(partial);
    received = 0;
  }
  if (received === file.size) return;
  await requireSpace(file.size - received + passingBytes(source, file), context);
  context.onProgress({ type: "source-start", file: file.name, source: describeSource(source) });
  const target = await open(partial, "a");
  try {
    for await (const chunk of readSource(source, file, received, context)) {
      context.signal.throwIfAborted();
      received += chunk.byteLength;
      if (received > file.size)
        throw new AntiphonError("source-unavailable", `it sent more than ${file.size} bytes`);
      await target.appendFile(chunk);
      context.onProgress({ type: "bytes", file: file.name, receivedBytes: received, totalBytes: file.size });
    }
    // A power cut after the rename must not leave an empty file under the final name.
    await target.sync();
  } finally {
    await target.close();
  }
  if (received < file.size) {
    throw new AntiphonError("source-unavailable", `it ended after ${received} of ${file.size} bytes`);
  }
}

function asAntiphonError(error: unknown, file: PackFile, context: FetchContext): AntiphonError {
  if (error instanceof AntiphonError) return error;
  if (isErrno(error, "ENOSPC", "EDQUOT"))
    return diskFull(context.environment.home, `while writing ${file.name}`, error);
  const reason = messageOf(error);
  return new AntiphonError("source-unavailable", reason, { cause: error });
}

function diskFull(folder: string, detail: string, cause?: unknown): AntiphonError {
  const advice = "Free some space, or set ANTIPHON_HOME to a folder on another disk.";
  return new AntiphonError("disk-full", `the disk of ${folder} is full: ${detail}. ${advice}`, { cause });
}

function noSourceLeft(file: PackFile, failures: readonly Failure[]): AntiphonError {
  const corrupt = failures.find(({ error }) => error.code === "model-corrupt");
  const reasons = failures.map(({ source, error }) => `\n  - ${source}: ${error.message}`).join("");
  const advice = `Mend one of these, or put ${file.name} into a folder and name the folder in ANTIPHON_MODELS_DIR.`;
  return new AntiphonError(
    corrupt === undefined ? "source-unavailable" : "model-corrupt",
    `${file.name} could not be fetched:${reasons}\n${advice}`,
    { cause: corrupt?.error ?? failures.at(-1)?.error },
  );
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
