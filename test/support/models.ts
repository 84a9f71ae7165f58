import { inspectPack, type CachedFile } from "../../models/packs/index.ts";

/** Models that tests run on; `npm test` fetches the lite pack into the cache before they start. */
const packs = { lite: await inspectPack("lite"), embedded: await inspectPack("embedded") };

/** Whether every file of the pack is in the cache: `describe.skipIf(!haveModels())`. */
export function haveModels(pack: keyof typeof packs = "lite"): boolean {
  return packs[pack].every(isThere);
}

/**
 * Path of a model file by its role in the lite pack, or by its name in any pack.
 *
 * @throws when it is not in the cache.
 */
export function modelPath(nameOrRole: string): string {
  const candidates = [...packs.lite, ...packs.embedded];
  const cached = candidates.find(({ file }) => file.role === nameOrRole || file.name === nameOrRole);
  if (cached === undefined) throw new Error(`no pack has a file ${nameOrRole}`);
  if (!isThere(cached))
    throw new Error(`${cached.file.name} is not in the cache: npm test fetches the lite pack`);
  return cached.path;
}

function isThere({ state }: CachedFile): boolean {
  return state === "verified" || state === "unverified";
}
