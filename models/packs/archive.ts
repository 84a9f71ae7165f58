import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

import { extract } from "tar-stream";
import { openPromise } from "yauzl";

import { AntiphonError, messageOf } from "../../streaming/index.ts";
import { isSafePath } from "./manifest.ts";

/** The member wanted from an archive: its exact name and its length in bytes. */
export interface ArchiveMember {
  readonly name: string;
  readonly size: number;
}

/**
 * Yields one member of a zip file (a Python wheel is one). Nothing else of the archive is read or written.
 *
 * @throws AntiphonError `source-unavailable` when the archive is broken, has a member that climbs out of its folder, or
 * lacks the one wanted.
 */
export async function* readZipMember(
  archive: string,
  member: ArchiveMember,
): AsyncGenerator<Uint8Array, void, void> {
  const zip = await openPromise(archive, {
    lazyEntries: true,
    autoClose: false,
    strictFileNames: true,
  }).catch(unreadable);
  try {
    for await (const entry of zip.eachEntry()) {
      requireSafe(entry.fileName);
      if (entry.fileName !== member.name) continue;
      requireSize(member, entry.uncompressedSize);
      // yauzl checks that the member inflates to this size and not beyond.
      yield* asBytes(await zip.openReadStreamPromise(entry));
      return;
    }
  } catch (error) {
    unreadable(error);
  } finally {
    zip.close();
  }
  throw missing(member);
}

/**
 * Yields one member of a gzipped tar file (an npm package is one). Links are not followed, nothing is written.
 *
 * @throws AntiphonError `source-unavailable` as {@link readZipMember} does.
 */
export async function* readTarMember(
  archive: string,
  member: ArchiveMember,
): AsyncGenerator<Uint8Array, void, void> {
  const entries = extract();
  const reading = pipeline(createReadStream(archive), createGunzip(), entries);
  // A failure to read also ends the loop below with that error; this promise only needs a listener.
  reading.catch(() => undefined);
  try {
    for await (const entry of entries) {
      requireSafe(entry.header.name);
      if (entry.header.name === member.name && entry.header.type === "file") {
        requireSize(member, entry.header.size);
        yield* asBytes(entry);
        return;
      }
      entry.resume();
    }
  } catch (error) {
    unreadable(error);
  }
  throw missing(member);
}

async function* asBytes(stream: AsyncIterable<unknown>): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of stream) {
    if (chunk instanceof Uint8Array) yield chunk;
  }
}

function requireSafe(name: string): void {
  if (!isSafePath(name))
    throw new AntiphonError("source-unavailable", `the archive has an unsafe member "${name}"; refused`);
}

function requireSize({ name, size }: ArchiveMember, found: number | undefined): void {
  if (found === size) return;
  throw new AntiphonError(
    "source-unavailable",
    `its member ${name} has ${found ?? 0} bytes where ${size} are expected`,
  );
}

function missing({ name }: ArchiveMember): AntiphonError {
  return new AntiphonError("source-unavailable", `it has no member ${name}; the package has changed`);
}

function unreadable(cause: unknown): never {
  if (cause instanceof AntiphonError) throw cause;
  const reason = messageOf(cause);
  throw new AntiphonError("source-unavailable", `its archive cannot be read: ${reason}`, { cause });
}
