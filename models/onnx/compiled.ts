import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { AntiphonError } from "../../streaming/index.ts";
import { withLock } from "../packs/lock.ts";
import { isErrno } from "../packs/system.ts";
import { HASHES_NAME } from "./fingerprint.ts";
import type { GraphBuilder } from "./graph-builder.ts";
import { isSealIntact, sealFolder, sync } from "./seal.ts";
import { writeModel } from "./write-model.ts";

/** Where a compiled network is kept, and what it was made of. */
export interface CompiledModelPlace {
  /** Cache folder; made when absent. */
  readonly directory: string;
  /**
   * Names everything the result depends on: network, builder version, precision, checkpoint fingerprint. Becomes a
   * folder name, so letters, digits, `.`, `_` and `-` only.
   */
  readonly key: string;
}

/** In the name of a folder that is being written, or removed. */
const DRAFT_MARK = ".partial-";

/** A half-written folder that nobody has touched for this long was left by a process that died. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000;

/**
 * Path of the ONNX file of a network, built on first use and again where its files are not those that were built. The
 * graph and its weights appear together by one rename of their folder, so several processes may ask for the same key at
 * once: the first to finish wins, the others use its files. Rejects with what `build` or the file system throws, leaving
 * nothing behind.
 */
export async function compiledModel(
  place: CompiledModelPlace,
  build: () => GraphBuilder | Promise<GraphBuilder>,
): Promise<string> {
  const home = join(place.directory, place.key);
  const path = join(home, "model.onnx");
  if (await isSealIntact(home)) return path;
  await mkdir(place.directory, { recursive: true });
  await removeAbandoned(place.directory);
  const draft = draftOf(home);
  await mkdir(draft);
  try {
    await writeModel(await build(), join(draft, "model.onnx"));
    await sealFolder(draft);
    await moveInto(home, draft);
    await sync(place.directory);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return path;
}

/** A compiled network as the cache has it. One that is `corrupt` has been removed, and is built again when needed. */
export interface CheckedModel {
  readonly key: string;
  readonly state: "verified" | "corrupt";
}

/** Hashes all compiled networks of a cache folder in turn, and removes those that are not as they were built. */
export async function* verifyCompiledModels(directory: string): AsyncGenerator<CheckedModel, void, void> {
  const keys = await readdir(directory).catch(() => []);
  for (const key of keys.filter(isFinished).sort()) {
    const home = join(directory, key);
    const intact = await isSealIntact(home, true);
    const removed = !intact && (await removeDamaged(home));
    yield { key, state: intact || !removed ? "verified" : "corrupt" };
  }
}

function isFinished(name: string): boolean {
  return !name.includes(DRAFT_MARK) && !name.endsWith(".lock") && name !== HASHES_NAME;
}

/** Gives a draft its name, unless another process was faster; a damaged folder of that name makes room. */
async function moveInto(home: string, draft: string): Promise<void> {
  // A folder cannot be renamed over one with files in it.
  if (await isRenamed(draft, home)) return;
  await alone(home, async () => {
    if (!(await clear(home))) return;
    if (!(await isRenamed(draft, home)) && !(await isSealIntact(home))) {
      throw new AntiphonError("config-invalid", `${home} cannot be written; clear that folder by hand`);
    }
  });
}

/** Removes a network that is damaged; false where it is not any more, since another process has built it anew. */
async function removeDamaged(home: string): Promise<boolean> {
  return await alone(home, async () => await clear(home, true));
}

/**
 * Makes room for a network whose files are damaged; false where they are not. Under the lock only, since what was damaged
 * a moment ago may be another process's good work by now.
 */
async function clear(home: string, thorough = false): Promise<boolean> {
  if (await isSealIntact(home, thorough)) return false;
  const damaged = draftOf(home);
  await rename(home, damaged).catch((error: unknown) => {
    if (!isErrno(error, "ENOENT")) throw error;
  });
  await rm(damaged, { recursive: true, force: true });
  return true;
}

async function alone<T>(home: string, work: () => Promise<T>): Promise<T> {
  return await withLock(home, { signal: new AbortController().signal, onWait: () => undefined }, work);
}

async function isRenamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOTEMPTY", "EEXIST", "EPERM")) return false;
    throw error;
  }
}

function draftOf(home: string): string {
  return `${home}${DRAFT_MARK}${randomUUID()}`;
}

async function removeAbandoned(directory: string): Promise<void> {
  const oldest = Date.now() - ABANDONED_AFTER_MS;
  for (const name of await readdir(directory)) {
    if (!name.includes(DRAFT_MARK)) continue;
    const path = join(directory, name);
    const age = await stat(path).catch(() => undefined);
    if (age !== undefined && age.mtimeMs < oldest) await rm(path, { recursive: true, force: true });
  }
}
