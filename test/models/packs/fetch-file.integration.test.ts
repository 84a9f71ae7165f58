import { mkdir, readdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { describe, expect, test } from "vitest";

import { cachePath, fileState, partialPath } from "../../../models/packs/cache.ts";
import { fetchFile, type FetchContext } from "../../../models/packs/fetch-file.ts";
import type { FileSource, PackFile } from "../../../models/packs/manifest.ts";
import { answerStatus, dropAfter, expectBytes, fetchContext, lockedFile } from "../../support/packs.ts";
import { patternBytes, serveRange, sha256, startServer, temporaryFolder } from "../../support/packs.ts";

const bytes = patternBytes(50_000);
const hub: FileSource = {
  type: "hub",
  repository: "owner/name",
  revision: "main",
  path: "deep/weights file.bin",
};
const directory: FileSource = { type: "directory" };

async function leavePartial(file: PackFile, context: FetchContext, contents: Uint8Array): Promise<string> {
  const path = cachePath(context.environment.home, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(partialPath(path), contents);
  return path;
}

async function folderWith(contents: Uint8Array, name = "weights.bin"): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, name), contents);
  return folder;
}

async function filesIn(context: FetchContext): Promise<string[]> {
  return await readdir(join(context.environment.home, "files"));
}

test("a file from the Hub lies verified under its name and is not fetched again", async () => {
  const server = await startServer(bytes, [serveRange]);
  const context = await fetchContext({ hubEndpoint: server.url.origin });
  const file = lockedFile(bytes, [hub]);
  const path = await fetchFile(file, context);
  expectBytes(await readFile(path), bytes);
  expect(server.requests[0]?.url).toBe("/owner/name/resolve/main/deep/weights%20file.bin");
  await fetchFile(file, context);
  expect(server.requests).toHaveLength(1);
  expect(await filesIn(context)).toHaveLength(2);
});

test("an interrupted download is finished with the missing bytes only", async () => {
  const server = await startServer(bytes, [serveRange]);
  const context = await fetchContext({ hubEndpoint: server.url.origin });
  const file = lockedFile(bytes, [hub]);
  await leavePartial(file, context, bytes.subarray(0, 20_000));
  expectBytes(await readFile(await fetchFile(file, context)), bytes);
  expect(server.requests[0]?.headers.range).toBe("bytes=20000-");
});

test("what one source began another finishes", async () => {
  const server = await startServer(bytes, [dropAfter(30_000), answerStatus(404)]);
  const folder = await folderWith(bytes);
  const context = await fetchContext({ hubEndpoint: server.url.origin, modelDirectories: [folder] });
  expectBytes(await readFile(await fetchFile(lockedFile(bytes, [hub, directory]), context)), bytes);
  const received = context.events
    .filter((event) => event.type === "bytes")
    .map((event) => event.receivedBytes);
  expect(received).toEqual([...received].sort((left, right) => left - right));
});

test("a partial file with wrong bytes costs a second try, not the file", async () => {
  const server = await startServer(bytes, [serveRange]);
  const context = await fetchContext({ hubEndpoint: server.url.origin });
  const file = lockedFile(bytes, [hub]);
  await leavePartial(file, context, Buffer.alloc(20_000));
  expectBytes(await readFile(await fetchFile(file, context)), bytes);
});

test("a partial file that is too long is started again", async () => {
  const context = await fetchContext({ modelDirectories: [await folderWith(bytes)] });
  const file = lockedFile(bytes, [directory]);
  await leavePartial(file, context, Buffer.alloc(60_000));
  expectBytes(await readFile(await fetchFile(file, context)), bytes);
});

describe("a wrong hash", () => {
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8((flipped[40_000] ?? 0) ^ 1, 40_000);

  test("names the file, what was expected and what was found, and keeps nothing", async () => {
    const context = await fetchContext({ modelDirectories: [await folderWith(flipped)] });
    const file = lockedFile(bytes, [directory]);
    const fetched = fetchFile(file, context);
    await expect(fetched).rejects.toMatchObject({ code: "model-corrupt" });
    await expect(fetched).rejects.toThrow(
      `weights.bin is not the file that was locked: expected sha256 ${file.sha256}, found ${sha256(flipped)}`,
    );
    expect(await filesIn(context)).toEqual([]);
  });

  test("from one source does not keep the next from being tried", async () => {
    const server = await startServer(flipped, [serveRange]);
    const folder = await folderWith(bytes);
    const context = await fetchContext({ hubEndpoint: server.url.origin, modelDirectories: [folder] });
    expectBytes(await readFile(await fetchFile(lockedFile(bytes, [hub, directory]), context)), bytes);
  });

  test("in the cache itself is noticed and mended", async () => {
    const context = await fetchContext({ modelDirectories: [await folderWith(bytes)] });
    const file = lockedFile(bytes, [directory]);
    const path = await fetchFile(file, context);
    await writeFile(path, flipped);
    await utimes(path, new Date(1), new Date(1));
    expect(await fileState(path, file)).toBe("unproven");
    expectBytes(await readFile(await fetchFile(file, context)), bytes);
    expect(context.events).toContainEqual(
      expect.objectContaining({ type: "source-failure", source: "cache" }),
    );
  });

  test("in the cache is what is told where no source can be reached, and not only that none can", async () => {
    const server = await startServer(bytes, [serveRange, answerStatus(404)]);
    const context = await fetchContext({ hubEndpoint: server.url.origin });
    const file = lockedFile(bytes, [hub]);
    const path = await fetchFile(file, context);
    await writeFile(path, flipped);
    await utimes(path, new Date(1), new Date(1));
    const fetched = fetchFile(file, context);
    await expect(fetched).rejects.toMatchObject({ code: "model-corrupt" });
    await expect(fetched).rejects.toThrow(
      `weights.bin is not the file that was locked: expected sha256 ${file.sha256}, found ${sha256(flipped)}`,
    );
    await expect(fetched).rejects.toThrow("answered HTTP 404");
    await expect(fetched).rejects.toThrow(
      "put weights.bin into a folder and name the folder in ANTIPHON_MODELS_DIR",
    );
  });
});

describe("a full disk", () => {
  test("is noticed before the download and says how much is needed", async () => {
    const server = await startServer(bytes, [serveRange]);
    const context = await fetchContext({
      hubEndpoint: server.url.origin,
      freeBytes: () => Promise.resolve(49_999),
    });
    const fetched = fetchFile(lockedFile(bytes, [hub]), context);
    await expect(fetched).rejects.toMatchObject({ code: "disk-full" });
    await expect(fetched).rejects.toThrow(
      /1 MB are needed and 1 MB are free\. Free some space, or set ANTIPHON_HOME/,
    );
    expect(server.requests).toHaveLength(0);
  });

  test("counts what is already there", async () => {
    const folder = await folderWith(bytes);
    const context = await fetchContext({
      modelDirectories: [folder],
      freeBytes: () => Promise.resolve(30_000),
    });
    const file = lockedFile(bytes, [directory]);
    await leavePartial(file, context, bytes.subarray(0, 20_000));
    expectBytes(await readFile(await fetchFile(file, context)), bytes);
  });

  test.skipIf(process.platform !== "linux")("while writing is the same typed error", async () => {
    const context = await fetchContext({ modelDirectories: [await folderWith(bytes)] });
    const file = lockedFile(bytes, [directory]);
    const path = cachePath(context.environment.home, file);
    await mkdir(dirname(path), { recursive: true });
    await symlink("/dev/full", partialPath(path));
    await expect(fetchFile(file, context)).rejects.toMatchObject({ code: "disk-full" });
  });
});

test("when no source has the file, the error says why for each and what to do", async () => {
  const server = await startServer(bytes, [answerStatus(404)]);
  const folder = await temporaryFolder();
  const context = await fetchContext({ hubEndpoint: server.url.origin, modelDirectories: [folder] });
  const fetched = fetchFile(lockedFile(bytes, [directory, hub]), context);
  await expect(fetched).rejects.toMatchObject({ code: "source-unavailable" });
  await expect(fetched).rejects.toThrow(`not in ${folder}`);
  await expect(fetched).rejects.toThrow("Hugging Face Hub, owner/name: ");
  await expect(fetched).rejects.toThrow("answered HTTP 404");
  await expect(fetched).rejects.toThrow("name the folder in ANTIPHON_MODELS_DIR");
});

test("a cache folder that cannot be made is a matter of configuration", async () => {
  const folder = await folderWith(bytes);
  const context = await fetchContext({ modelDirectories: [folder] });
  const environment = { ...context.environment, home: join(folder, "weights.bin") };
  const fetched = fetchFile(lockedFile(bytes, [directory]), { ...context, environment });
  await expect(fetched).rejects.toMatchObject({ code: "config-invalid" });
  await expect(fetched).rejects.toThrow("set ANTIPHON_HOME");
});

test("aborting ends with the reason given and keeps what came for the next attempt", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const server = await startServer(bytes, [dropAfter(20_000), serveRange]);
  const context = await fetchContext({ hubEndpoint: server.url.origin, signal: stop.signal });
  const onProgress: FetchContext["onProgress"] = (event) => {
    if (event.type === "bytes") stop.abort(reason);
  };
  const file = lockedFile(bytes, [hub]);
  await expect(fetchFile(file, { ...context, onProgress })).rejects.toBe(reason);
  const [partial, ...others] = await filesIn(context);
  expect(others).toEqual([]);
  expect(partial).toMatch(/\.partial$/);
});

test("two calls at once fetch a file once", async () => {
  const server = await startServer(bytes, [serveRange]);
  const context = await fetchContext({ hubEndpoint: server.url.origin });
  const file = lockedFile(bytes, [hub]);
  await Promise.all([fetchFile(file, context), fetchFile(file, context)]);
  expect(server.requests).toHaveLength(1);
  expect(context.events).toContainEqual({ type: "file-wait", file: "weights.bin" });
});
