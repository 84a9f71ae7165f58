import { open, symlink } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { ensurePack, inspectPack, locatePack, verifyPack } from "../../models/packs/index.ts";
import type { PackEnvironment, PackProgress } from "../../models/packs/index.ts";
import { haveModels } from "../support/models.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** An empty cache beside a folder that has every file of the lite pack under its own name. */
async function cacheBesideFolder(): Promise<PackEnvironment> {
  const folder = await temporaryFolder();
  for (const { file, path } of await inspectPack("lite")) await symlink(path, join(folder, file.name));
  const home = await temporaryFolder();
  return { home, modelDirectories: [folder], hubEndpoint: "http://127.0.0.1:1", hubToken: undefined };
}

/** Turns one bit in the middle of a file. */
async function flipBit(path: string): Promise<void> {
  const file = await open(path, "r+");
  const { size } = await file.stat();
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size >> 1);
  buffer.writeUInt8(buffer.readUInt8() ^ 1);
  await file.write(buffer, 0, 1, size >> 1);
  await file.close();
}

describe.skipIf(!haveModels())("the lite pack (skipped where it has not been fetched)", () => {
  test("every file of the cache has the hash that the lock file gives", async () => {
    const states: string[] = [];
    for await (const { file, state } of verifyPack("lite")) states.push(`${file.name} ${state}`);
    expect(states.filter((line) => !line.endsWith(" verified"))).toEqual([]);
  });

  test("a flipped bit in a model is refused by a start and mended by a fetch", async () => {
    const environment = await cacheBesideFolder();
    const { voice } = await ensurePack("lite", { environment });
    await expect(locatePack("lite", { environment })).resolves.toMatchObject({ voice });
    await flipBit(voice);
    await expect(locatePack("lite", { environment })).rejects.toMatchObject({ code: "model-corrupt" });
    const events: PackProgress[] = [];
    await ensurePack("lite", { environment, onProgress: (event) => void events.push(event) });
    expect(events.filter(({ type }) => type === "file-ready")).toHaveLength(1);
    await expect(locatePack("lite", { environment })).resolves.toMatchObject({ voice });
  });
});
