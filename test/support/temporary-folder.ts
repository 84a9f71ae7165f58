import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll } from "vitest";

const folders: string[] = [];

// Registered where a test file imports this, so nobody has to think of it.
afterAll(async () => {
  await Promise.all(
    folders.splice(0).map(async (folder) => {
      await rm(folder, { recursive: true, force: true });
    }),
  );
});

/** A fresh folder, which is gone when the test file's tests are over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "antiphon-test-"));
  folders.push(folder);
  return folder;
}
