import { inspectPack, type FileRole, type PackPaths } from "../../models/packs/index.ts";

/** Models that tests run on; `npm test` fetches the lite pack into the cache before they start. */
const lite = await readCache("lite");
const embedded = await readCache("embedded");

/** Whether every file of the pack is in the cache: `describe.skipIf(!haveModels())`. */
export function haveModels(pack: "lite" | "embedded" = "lite"): boolean {
  return (pack === "lite" ? lite : embedded) !== undefined;
}

/** Paths of the lite pack's files by role. @throws when they are not in the cache. */
export function litePackFiles(): PackPaths {
  if (lite === undefined)
    throw new Error("the lite pack is not in the cache: npm run -s antiphon -- models fetch --pack lite");
  return lite;
}

/** Path of one file of the lite pack. @throws when it is not in the cache. */
export function modelPath(role: FileRole): string {
  return litePackFiles()[role];
}

async function readCache(pack: string): Promise<PackPaths | undefined> {
  const files = await inspectPack(pack);
  if (files.some(({ state }) => state !== "verified" && state !== "unverified")) return undefined;
  return Object.fromEntries(files.map(({ file, path }) => [file.role, path])) as Record<FileRole, string>;
}
