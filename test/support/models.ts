import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where a model file of the packs lies on this machine: $ANTIPHON_TEST_MODELS, or the cache that setup fills. */
export function modelPath(name: string): string {
  const folder = process.env["ANTIPHON_TEST_MODELS"];
  if (folder !== undefined && existsSync(join(folder, name))) return join(folder, name);
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const files = join(process.env["ANTIPHON_HOME"] ?? join(cache, "antiphon"), "files");
  const cached = existsSync(files) ? readdirSync(files).find((file) => file.endsWith(`-${name}`)) : undefined;
  if (cached === undefined)
    throw new Error(`${name} is not in ${files}: fetch the models first (npm test does)`);
  return join(files, cached);
}
