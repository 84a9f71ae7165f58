import { readdir, readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

import { expect, test } from "vitest";

import { projectFile } from "../../src/project.ts";

/** What a phone on a slow line waits for. */
const LARGEST_SCRIPTS_BYTES = 150_000;

// A library that is pulled in by accident shows here and nowhere else.
test("all scripts of the page together are smaller, compressed, than what is promised", async () => {
  const folder = projectFile("dist/web/assets");
  const scripts = (await readdir(folder)).filter((name) => name.endsWith(".js"));
  expect(scripts.length).toBeGreaterThan(0);
  const sizes = await Promise.all(
    scripts.map(async (name) => gzipSync(await readFile(`${folder}/${name}`)).length),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(LARGEST_SCRIPTS_BYTES);
});
