import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";

import { rememberedHash, rememberHash } from "../packs/cache.ts";

/** Among the compiled networks: the hashes of checkpoints that no pack has brought. */
export const HASHES_NAME = "hashes";

/** As much of a hash as makes names that can still be read. */
const DIGITS = 24;

/**
 * Identifies a checkpoint by its contents: the first 24 hexadecimal digits of the SHA-256 of the whole file. A file of a
 * pack has been hashed when it was fetched and is not read again; any other is hashed once, and again when its size or
 * time of change is another one. Rejects with what the file system throws where the file cannot be read.
 *
 * @param cacheDirectory - where compiled networks are kept, and what was hashed is remembered.
 */
export async function fileFingerprint(path: string, cacheDirectory: string): Promise<string> {
  const name = createHash("sha256").update(resolve(path)).digest("hex").slice(0, DIGITS);
  const mark = join(cacheDirectory, HASHES_NAME, `${name}.json`);
  const known = (await rememberedHash(path)) ?? (await rememberedHash(path, mark));
  return (known ?? (await hashOnce(path, mark))).slice(0, DIGITS);
}

async function hashOnce(path: string, mark: string): Promise<string> {
  // Where no folder can be made, nothing is remembered, and that is no reason to fail.
  await mkdir(join(mark, ".."), { recursive: true }).catch(() => undefined);
  return await rememberHash(path, mark);
}
