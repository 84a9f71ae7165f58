import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { expect, test } from "vitest";

import { cachePath, partialPath } from "../../../models/packs/cache.ts";
import { readPackEnvironment } from "../../../models/packs/environment.ts";
import {
  ensurePack,
  inspectPack,
  loadPack,
  locatePack,
  verifyPack,
  type CachedFile,
} from "../../../models/packs/index.ts";
import type { PackProgress } from "../../../models/packs/progress.ts";
import { temporaryFolder } from "../../support/packs.ts";

async function emptyEnvironment(): Promise<ReturnType<typeof readPackEnvironment>> {
  return { ...readPackEnvironment({}), home: await temporaryFolder(), hubEndpoint: "http://127.0.0.1:1" };
}

test("a pack that is not there is named by its first file, with the command that fetches it", async () => {
  const environment = await emptyEnvironment();
  const located = locatePack("lite", { environment });
  await expect(located).rejects.toMatchObject({ code: "model-missing" });
  await expect(located).rejects.toThrow(
    `SmolLM2-135M-Instruct.Q4_1.gguf of pack lite is not in ${environment.home}. ` +
      "Run: npm run -s antiphon -- models fetch --pack lite",
  );
});

test("a file that was tampered with is found by a start, named with both hashes, and not loaded", async () => {
  const environment = await emptyEnvironment();
  const [file] = loadPack("lite").files;
  if (file === undefined) expect.unreachable();
  const path = cachePath(environment.home, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, "something else");
  const located = locatePack("lite", { environment });
  await expect(located).rejects.toMatchObject({ code: "model-corrupt" });
  await expect(located).rejects.toThrow(
    `${file.name} is not the file that was locked: expected sha256 ${file.sha256}`,
  );
});

test("inspecting tells missing, partial and unverified files apart without reading them", async () => {
  const environment = await emptyEnvironment();
  const [first, second] = loadPack("lite").files;
  if (first === undefined || second === undefined) expect.unreachable();
  await mkdir(dirname(cachePath(environment.home, first)), { recursive: true });
  await writeFile(cachePath(environment.home, first), "x");
  await writeFile(partialPath(cachePath(environment.home, second)), "x");
  const states = (await inspectPack("lite", { environment })).map(({ state }) => state);
  expect(states.slice(0, 3)).toEqual(["unverified", "partial", "missing"]);
});

test("verifying reports a wrong file with its hash and goes on with the others", async () => {
  const environment = await emptyEnvironment();
  const [first] = loadPack("lite").files;
  if (first === undefined) expect.unreachable();
  await mkdir(dirname(cachePath(environment.home, first)), { recursive: true });
  await writeFile(cachePath(environment.home, first), "x");
  const seen: CachedFile[] = [];
  for await (const cached of verifyPack("lite", { environment })) seen.push(cached);
  expect(seen).toHaveLength(loadPack("lite").files.length);
  expect(seen[0]).toMatchObject({
    state: "corrupt",
    foundSha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
});

test("a fetch that is aborted before it starts fails with the reason and says nothing wrong", async () => {
  const environment = await emptyEnvironment();
  const events: PackProgress[] = [];
  const reason = new Error("enough");
  const onProgress = (event: PackProgress): void => void events.push(event);
  const fetched = ensurePack("lite", { environment, signal: AbortSignal.abort(reason), onProgress });
  await expect(fetched).rejects.toBe(reason);
  expect(events.map(({ type }) => type)).toEqual(["pack-start"]);
});

test("only the files that are needed are fetched and required", async () => {
  const environment = await emptyEnvironment();
  const events: PackProgress[] = [];
  const onProgress = (event: PackProgress): void => void events.push(event);
  const paths = await ensurePack("lite", { environment, roles: [], onProgress });
  expect(events).toEqual([]);
  await expect(locatePack("lite", { environment, roles: [] })).resolves.toEqual(paths);
  const located = locatePack("lite", { environment, roles: ["voice"] });
  await expect(located).rejects.toThrow("en_US-joe-medium.onnx of pack lite is not in");
});

test("verifying finds a flipped bit that size and time of change hide, and a start is told of it", async () => {
  const environment = await emptyEnvironment();
  const file = loadPack("lite").files.find(({ role }) => role === "speech-recognition-config");
  if (file === undefined) expect.unreachable();
  const roles = [file.role];
  const path = cachePath(environment.home, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, new Uint8Array(file.size));
  const { size, mtimeMs } = await stat(path);
  await writeFile(`${path}.verified`, JSON.stringify({ sha256: file.sha256, size, mtimeMs }));
  expect(await inspectPack("lite", { environment, roles })).toMatchObject([{ state: "verified" }]);
  const seen: CachedFile[] = [];
  for await (const cached of verifyPack("lite", { environment, roles })) seen.push(cached);
  expect(seen).toMatchObject([{ state: "corrupt" }]);
  await expect(locatePack("lite", { environment, roles })).rejects.toMatchObject({ code: "model-corrupt" });
});
