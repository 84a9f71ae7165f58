import { randomUUID } from "node:crypto";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { AntiphonError } from "../../streaming/index.ts";
import { hashFile } from "../hash-file.ts";
import type { PackFile } from "./manifest.ts";
import { isErrno } from "./system.ts";

/** `absent`: nothing there. `trusted`: unchanged since its hash was last right. `unproven`: there, but not yet hashed. */
export type FileState = "absent" | "trusted" | "unproven";

/** Kept beside a file whose hash was right, so that a start need not read gigabytes again. */
const verifiedMark = z.object({ sha256: z.string(), size: z.number(), mtimeMs: z.number() });

/** Where a locked file lies in the cache: content-addressed by its hash, readable by its name and ending. */
export function cachePath(home: string, file: PackFile): string {
  return join(home, "files", `${file.sha256.slice(0, 16)}-${file.name}`);
}

/** A file on its way in; kept after an interruption, so that the next attempt goes on from its end. */
export function partialPath(path: string): string {
  return `${path}.partial`;
}

/** Says what is known about a cached file without reading its contents. */
export async function fileState(path: string, file: PackFile): Promise<FileState> {
  const found = await statOrUndefined(path);
  if (found === undefined) return "absent";
  const unchanged = found.size === file.size && (await rememberedHash(path)) === file.sha256;
  return unchanged ? "trusted" : "unproven";
}

/**
 * The SHA-256 that a file had when it was last hashed; `undefined` where nobody remembers, or its size or time of change
 * is another one since. @param mark - where it is remembered; a file of the cache has it beside itself.
 */
export async function rememberedHash(path: string, mark = markPath(path)): Promise<string | undefined> {
  const [found, known] = await Promise.all([statOrUndefined(path), readMark(mark)]);
  return known !== undefined && known.size === found?.size && known.mtimeMs === found.mtimeMs
    ? known.sha256
    : undefined;
}

/** Hashes a file of any place and remembers the result. @returns its SHA-256. */
export async function rememberHash(path: string, mark: string): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  const sha256 = await hashFile(path);
  await writeMark(mark, { sha256, size, mtimeMs });
  return sha256;
}

/** Size of a file in bytes, 0 when there is none. */
export async function sizeOnDisk(path: string): Promise<number> {
  return (await statOrUndefined(path))?.size ?? 0;
}

/** Hashes a cached file and remembers a right result. @returns the hash that was found. */
export async function proveFile(path: string, file: PackFile, signal: AbortSignal): Promise<string> {
  const before = await stat(path);
  const found = await hashFile(path, signal);
  if (found === file.sha256)
    await writeMark(markPath(path), { sha256: found, size: before.size, mtimeMs: before.mtimeMs });
  else await rm(markPath(path), { force: true });
  return found;
}

/** Gives a file whose hash has just been right its name in the cache. */
export async function admitFile(draft: string, path: string, { sha256 }: PackFile): Promise<void> {
  await rename(draft, path);
  const { size, mtimeMs } = await stat(path);
  await writeMark(markPath(path), { sha256, size, mtimeMs });
}

/** Removes a cached file and what is remembered about it. */
export async function removeFile(path: string): Promise<void> {
  await rm(markPath(path), { force: true });
  await rm(path, { force: true });
}

/** The error for a file whose contents are not what the lock file says. */
export function wrongHash(file: PackFile, found: string, advice: string): AntiphonError {
  return new AntiphonError(
    "model-corrupt",
    `${file.name} is not the file that was locked: expected sha256 ${file.sha256}, found ${found}. ${advice}`,
  );
}

function markPath(path: string): string {
  return `${path}.verified`;
}

async function readMark(mark: string): Promise<z.infer<typeof verifiedMark> | undefined> {
  try {
    return verifiedMark.parse(JSON.parse(await readFile(mark, "utf8")));
  } catch {
    // No mark, or one that a crash cut short: the file is hashed again, which is always right.
    return undefined;
  }
}

async function writeMark(mark: string, contents: z.infer<typeof verifiedMark>): Promise<void> {
  // Workers of one process may remember the same file at once.
  const draft = `${mark}.${randomUUID()}`;
  try {
    await writeFile(draft, JSON.stringify(contents));
    await rename(draft, mark);
  } catch {
    // A cache that this user may only read works too; it is hashed at each start.
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

async function statOrUndefined(path: string): Promise<{ size: number; mtimeMs: number } | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}
