import { open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { hashFile } from "../hash-file.ts";

/** In a sealed folder, beside the files that it is about. */
const SEAL_NAME = "seal.json";

const sealSchema = z.record(
  z.string(),
  z.object({ sha256: z.string(), size: z.number(), mtimeMs: z.number() }),
);

type Seal = z.infer<typeof sealSchema>;

/** Without it a folder is no compiled network, whatever else its seal is about. */
const NETWORK_NAME = "model.onnx";

/** Writes down size, time of change and SHA-256 of every file in a folder, and sees all of it onto the disk. */
export async function sealFolder(folder: string): Promise<void> {
  const seal: Seal = {};
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    await sync(path);
    const { size, mtimeMs } = await stat(path);
    seal[name] = { sha256: await hashFile(path), size, mtimeMs };
  }
  await writeFile(join(folder, SEAL_NAME), JSON.stringify(seal));
  await sync(join(folder, SEAL_NAME));
  await sync(folder);
}

/**
 * Whether a sealed folder's files are still those that were sealed. Cheap where sizes and times of change are the same;
 * a file that was touched is hashed again. @param thorough - hashes every file, whatever its time of change.
 */
export async function isSealIntact(folder: string, thorough = false): Promise<boolean> {
  const seal = await readSeal(folder);
  if (seal === undefined) return false;
  let touched = false;
  for (const [name, { sha256, size, mtimeMs }] of Object.entries(seal)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.size !== size) return false;
    if (found.mtimeMs === mtimeMs && !thorough) continue;
    // It may also vanish meanwhile, where another process finds the same damage.
    if ((await hashFile(path).catch(() => undefined)) !== sha256) return false;
    touched ||= found.mtimeMs !== mtimeMs;
    seal[name] = { sha256, size, mtimeMs: found.mtimeMs };
  }
  if (touched) await renewSeal(folder, seal);
  return true;
}

/** Sees a file's contents, or a folder's names, onto the disk. */
export async function sync(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } catch (error) {
    // Some systems cannot do it for folders; what they keep of a rename is theirs to say.
    if (!(await file.stat()).isDirectory()) throw error;
  } finally {
    await file.close();
  }
}

async function readSeal(folder: string): Promise<Seal | undefined> {
  try {
    const seal = sealSchema.parse(JSON.parse(await readFile(join(folder, SEAL_NAME), "utf8")));
    return NETWORK_NAME in seal ? seal : undefined;
  } catch {
    return undefined;
  }
}

async function renewSeal(folder: string, seal: Seal): Promise<void> {
  const draft = join(folder, `${SEAL_NAME}.${process.pid}`);
  try {
    await writeFile(draft, JSON.stringify(seal));
    await rename(draft, join(folder, SEAL_NAME));
  } catch {
    // A folder that this user may only read works too; its files are hashed at each start.
    await rm(draft, { force: true }).catch(() => undefined);
  }
}
