import { createHash, randomUUID } from "node:crypto";
import { access, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import type { GraphBuilder } from "./graph-builder.ts";
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

/** A half-written folder that nobody has touched for this long was left by a process that died. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000;

/** Places and spacing of the pieces that stand for a whole checkpoint in its fingerprint. */
const FINGERPRINT_PIECES = 64;
const FINGERPRINT_PIECE_BYTES = 64 * 1024;

/**
 * Path of the ONNX file of a network, built on first use. The graph and its weights appear together by one rename of
 * their folder, so several processes may ask for the same key at once: the first to finish wins, the others use its files.
 * Rejects with what `build` or the file system throws, leaving nothing behind.
 */
export async function compiledModel(
  place: CompiledModelPlace,
  build: () => GraphBuilder | Promise<GraphBuilder>,
): Promise<string> {
  const home = join(place.directory, place.key);
  const path = join(home, "model.onnx");
  if (await exists(path)) return path;
  await mkdir(place.directory, { recursive: true });
  await removeAbandoned(place.directory);
  const draft = `${home}.partial-${randomUUID()}`;
  await mkdir(draft);
  try {
    await writeModel(await build(), join(draft, "model.onnx"));
    await rename(draft, home);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // A folder cannot be renamed over one with files in it: then another process was faster.
    if (await exists(path)) return path;
    throw error;
  }
  return path;
}

/**
 * Identifies a checkpoint without reading all of it: 24 hexadecimal digits of the SHA-256 over its size and 64 pieces of
 * 64 KiB spread evenly from first to last byte. Enough to tell models apart; whether a file is intact is checked where it is fetched.
 */
export async function fileFingerprint(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const hash = createHash("sha256").update(`${size}`);
    const piece = new Uint8Array(FINGERPRINT_PIECE_BYTES);
    const lastStart = Math.max(0, size - piece.length);
    for (let index = 0; index < FINGERPRINT_PIECES; index++) {
      const position = Math.floor((lastStart * index) / (FINGERPRINT_PIECES - 1));
      const { bytesRead } = await file.read(piece, 0, piece.length, position);
      hash.update(piece.subarray(0, bytesRead));
    }
    return hash.digest("hex").slice(0, 24);
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

async function removeAbandoned(directory: string): Promise<void> {
  const oldest = Date.now() - ABANDONED_AFTER_MS;
  for (const name of await readdir(directory)) {
    if (!name.includes(".partial-")) continue;
    const path = join(directory, name);
    const age = await stat(path).catch(() => undefined);
    if (age !== undefined && age.mtimeMs < oldest) await rm(path, { recursive: true, force: true });
  }
}
