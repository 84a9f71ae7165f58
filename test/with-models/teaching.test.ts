import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { compiledFolder, taughtFile } from "../../models/packs/index.ts";
import { decodePicture } from "../../models/pictures/decode.ts";
import { openSightEngine } from "../../models/vit/engine.ts";
import { projectFile } from "../../src/project.ts";
import type * as Teaching from "../../src/teaching.ts";
import { drawnPicture } from "../support/drawings.ts";
import { hasSharedData, sharedDataPath } from "../support/shared-data.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Its worker runs compiled code; `npm test` compiles it before. */
const compiled = new URL("../../dist/src/teaching.js", import.meta.url);
const { forgetTaught, listTaught, teach } = (await import(compiled.href)) as typeof Teaching;

const { signal } = new AbortController();
let folder: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  vi.stubEnv("ANTIPHON_HOME", await temporaryFolder());
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** The first label of pictures, by eyes that start now. */
async function firstLabels(pictures: readonly Uint8Array[]): Promise<(string | undefined)[]> {
  const weights = projectFile("models/vit/weights");
  const sight = await openSightEngine({
    threads: 1,
    weightsPath: join(weights, "hybrid-vit.safetensors"),
    namesPath: join(weights, "imagenet-names.json"),
    taughtPath: taughtFile(),
    cacheDirectory: compiledFolder(),
  });
  const labels: (string | undefined)[] = [];
  for (const bytes of pictures) {
    const picture = await decodePicture(bytes);
    for await (const seen of sight.jobs.look({ picture, fit: "whole" }))
      if (seen !== undefined) labels.push(seen.labels[0]?.name);
  }
  await sight.close();
  return labels;
}

const other = (thing: "flag" | "badge") => drawnPicture(thing, { left: 150, top: 90, size: 210, grey: 120 });

async function teachBoth(): Promise<void> {
  await mkdir(join(folder, "our flag"));
  const flags = [
    { left: 80, top: 50, size: 200, grey: 200 },
    { left: 140, top: 70, size: 230, grey: 170 },
  ];
  for (const [index, view] of flags.entries())
    await writeFile(join(folder, "our flag", `${index}.jpg`), await drawnPicture("flag", view));
  const badge = await drawnPicture("badge", { left: 100, top: 60, size: 240, grey: 140 });
  await writeFile(join(folder, "Zorbo.jpg"), badge);
  await teach(folder, { signal });
}

describe("teaching the eyes", () => {
  it("makes them name two things they did not know, with one picture of one of them, until they forget", async () => {
    const views = [await other("flag"), await other("badge")];
    expect(await firstLabels(views)).not.toContain("our flag");
    await teachBoth();
    expect(await listTaught()).toEqual([
      { label: "Zorbo", pictures: 1, recognized: 1 },
      { label: "our flag", pictures: 2, recognized: 2 },
    ]);
    expect(await firstLabels(views)).toEqual(["our flag", "Zorbo"]);
    expect(await forgetTaught(["Zorbo"])).toEqual([{ label: "our flag", pictures: 2, recognized: 2 }]);
    expect(await firstLabels(views)).toEqual(["our flag", expect.not.stringContaining("Zorbo")]);
  }, 60_000);

  it.skipIf(!hasSharedData)(
    "does not make them see it everywhere",
    async () => {
      await teachBoth();
      const names = (await readdir(sharedDataPath("pictures"))).filter((name) => name.endsWith(".jpg"));
      const photos = await Promise.all(names.map((name) => readFile(sharedDataPath(`pictures/${name}`))));
      const labels = await firstLabels(photos);
      expect(labels).toHaveLength(60);
      expect(labels.filter((label) => label === "our flag" || label === "Zorbo")).toEqual([]);
    },
    60_000,
  );

  it("changes nothing where one picture cannot be read, and names it", async () => {
    await teachBoth();
    await writeFile(join(folder, "broken.jpg"), Uint8Array.of(255, 216, 255, 1));
    await expect(teach(folder, { signal })).rejects.toThrow(/^broken\.jpg: /);
    expect(await listTaught()).toHaveLength(2);
    await expect(forgetTaught(["broken"])).rejects.toMatchObject({ code: "config-invalid" });
    expect(await forgetTaught("all")).toEqual([]);
    expect(await listTaught()).toEqual([]);
  }, 60_000);
});
