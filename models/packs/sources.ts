import { createReadStream } from "node:fs";
import { join } from "node:path";

import { AntiphonError } from "../../streaming/index.ts";
import { readTarMember, readZipMember } from "./archive.ts";
import { sizeOnDisk } from "./cache.ts";
import type { Downloader } from "./download.ts";
import type { PackEnvironment } from "./environment.ts";
import type { FileSource, PackFile, PackagePart, PackageSource } from "./manifest.ts";
import type { PackageStore } from "./package-store.ts";
import type { ProgressListener } from "./progress.ts";

/** What all sources of one run share. */
export interface SourceContext {
  readonly environment: PackEnvironment;
  readonly downloader: Downloader;
  readonly packages: PackageStore;
  readonly signal: AbortSignal;
  readonly onProgress: ProgressListener;
}

/** How many packages of a file in parts are fetched at a time, the one being unpacked included. */
const PARTS_AT_A_TIME = 3;
const OTHER_MEMBERS_BYTES = 32e6;

/** A source in words that a user can act on. */
export function describeSource(source: FileSource): string {
  switch (source.type) {
    case "directory":
      return "local folders (ANTIPHON_MODELS_DIR)";
    case "hub":
      return `Hugging Face Hub, ${source.repository}`;
    case "url":
      return new URL(source.url).host;
    case "python-package":
      return `Python package ${source.package} ${source.version}`;
    case "npm-package":
      return `npm package ${source.package} ${source.version}`;
    case "concatenation": {
      const [first] = source.parts;
      return `${source.parts.length} packages from ${first?.package ?? "none"} on`;
    }
  }
}

/** Bytes that a source needs on the disk for a while, beside the file itself. */
export function passingBytes(source: FileSource, file: PackFile): number {
  switch (source.type) {
    case "directory":
    case "hub":
    case "url":
      return 0;
    case "python-package":
    case "npm-package":
      return archiveBytes(file.size);
    case "concatenation":
      return PARTS_AT_A_TIME * archiveBytes(Math.max(...source.parts.map((part) => part.size)));
  }
}

/** Weights hardly compress; clients hold a package twice for a moment; other members may come with it. */
function archiveBytes(memberBytes: number): number {
  return 2 * memberBytes + OTHER_MEMBERS_BYTES;
}

/**
 * Yields a file's bytes from `offset` on. Every source can start anywhere, so that a file begun from one can be finished
 * from another: the hash decides in the end.
 *
 * @throws AntiphonError `source-unavailable` when the source does not have the file.
 */
export function readSource(
  source: FileSource,
  file: PackFile,
  offset: number,
  context: SourceContext,
): AsyncIterable<Uint8Array> {
  const { environment, downloader, signal } = context;
  switch (source.type) {
    case "directory":
      return readDirectory(file, offset, environment.modelDirectories);
    case "hub": {
      const path = source.path.split("/").map(encodeURIComponent).join("/");
      const url = new URL(
        `${environment.hubEndpoint}/${source.repository}/resolve/${source.revision}/${path}`,
      );
      return downloader.read(url, { offset, size: file.size, token: environment.hubToken, signal });
    }
    case "url":
      return downloader.read(new URL(source.url), { offset, size: file.size, token: undefined, signal });
    case "python-package":
    case "npm-package":
      return skipBytes(
        readPackage({ ...source, size: file.size }, context, packageProgress(source, file, context)),
        offset,
      );
    case "concatenation":
      return readParts(source.parts, offset, context);
  }
}

async function* readDirectory(
  file: PackFile,
  offset: number,
  directories: readonly string[],
): AsyncGenerator<Uint8Array, void, void> {
  for (const directory of directories) {
    const path = join(directory, file.name);
    if ((await sizeOnDisk(path)) !== file.size) continue;
    for await (const chunk of createReadStream(path, { start: offset, highWaterMark: 1 << 20 })) {
      if (chunk instanceof Uint8Array) yield chunk;
    }
    return;
  }
  throw new AntiphonError("source-unavailable", `not in ${directories.join(", ")}`);
}

/** Tells how much of a package has come, in the name of the file that is in it. */
function packageProgress(
  { archiveSize }: PackageSource,
  { name: file }: PackFile,
  { onProgress }: SourceContext,
): (receivedBytes: number) => void {
  return (receivedBytes) => {
    if (archiveSize === undefined) onProgress({ type: "package-bytes", file, receivedBytes });
    // The client holds it twice for a moment, when it has come.
    else
      onProgress({
        type: "package-bytes",
        file,
        receivedBytes: Math.min(receivedBytes, archiveSize),
        totalBytes: archiveSize,
      });
  };
}

async function* readPackage(
  part: PackagePart,
  context: SourceContext,
  onBytes?: (receivedBytes: number) => void,
): AsyncGenerator<Uint8Array, void, void> {
  const archive = await context.packages.archive(part, onBytes);
  context.signal.throwIfAborted();
  const read = part.type === "python-package" ? readZipMember : readTarMember;
  yield* read(archive, { name: part.member, size: part.size });
}

/** Unpacks the parts in order while the next ones are being fetched, and deletes each as soon as it has been read. */
async function* readParts(
  parts: readonly PackagePart[],
  offset: number,
  context: SourceContext,
): AsyncGenerator<Uint8Array, void, void> {
  const wanted = partsFrom(parts, offset);
  for (const [index, { part, skip }] of wanted.entries()) {
    for (const ahead of wanted.slice(index, index + PARTS_AT_A_TIME)) prefetch(ahead.part, context.packages);
    yield* skipBytes(readPackage(part, context), skip);
    await context.packages.discard(part);
  }
}

function partsFrom(parts: readonly PackagePart[], offset: number): { part: PackagePart; skip: number }[] {
  let start = 0;
  const wanted = [];
  for (const part of parts) {
    if (start + part.size > offset) wanted.push({ part, skip: Math.max(0, offset - start) });
    start += part.size;
  }
  return wanted;
}

function prefetch(source: PackageSource, packages: PackageStore): void {
  // Its failure comes up when its turn has come.
  packages.archive(source).catch(() => undefined);
}

async function* skipBytes(
  chunks: AsyncIterable<Uint8Array>,
  count: number,
): AsyncGenerator<Uint8Array, void, void> {
  let left = count;
  for await (const chunk of chunks) {
    const rest = chunk.subarray(Math.min(left, chunk.byteLength));
    left -= chunk.byteLength - rest.byteLength;
    if (rest.byteLength > 0) yield rest;
  }
}
