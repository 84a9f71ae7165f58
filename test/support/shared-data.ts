import { existsSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../../../shared/data");

/** Whether the test material that is kept beside the project is there; tests that need it are skipped where not. */
export const hasSharedData = existsSync(folder);

/** Path of one file of the test material, e.g. `speech/jfk.flac`. */
export function sharedDataPath(name: string): string {
  return join(folder, name);
}
