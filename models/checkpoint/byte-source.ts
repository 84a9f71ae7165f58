import { readSync } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

import { AntiphonError } from "../../streaming/index.ts";

/** A file of known size. Every read is checked against the size before anything is allocated for it. */
export interface ByteSource {
  readonly path: string;
  readonly size: number;
  read(offset: number, byteLength: number): Promise<Uint8Array<ArrayBuffer>>;
  readIntoSync(offset: number, target: Uint8Array): void;
  close(): Promise<void>;
}

/** A file that cannot be what it claims to be. `problem` completes "this file …". */
export function invalid(source: { readonly path: string }, problem: string): AntiphonError {
  return new AntiphonError("checkpoint-invalid", `${source.path} ${problem}`);
}

/** A sound file that uses something we do not read. `problem` completes "this file …". */
export function unsupported(source: { readonly path: string }, problem: string): AntiphonError {
  return new AntiphonError("checkpoint-unsupported", `${source.path} ${problem}`);
}

/** Throws `checkpoint-invalid` unless the range lies inside the file. */
export function checkRange(source: ByteSource, offset: number, byteLength: number, what: string): void {
  const sound =
    Number.isSafeInteger(offset) && Number.isSafeInteger(byteLength) && offset >= 0 && byteLength >= 0;
  if (sound && byteLength <= source.size - offset) return;
  throw invalid(source, `ends inside ${what}: ${byteLength} bytes at ${offset} of ${source.size}`);
}

/** One system call reads at most 2^31 - 1 bytes; smaller steps also let the thread pool serve others in between. */
const MAXIMUM_READ_BYTES = 64 * 1024 * 1024;

/** An open file. Reads after `close` fail. */
export class FileSource implements ByteSource {
  readonly path: string;
  readonly size: number;
  readonly #handle: FileHandle;

  private constructor(path: string, size: number, handle: FileHandle) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
  }

  /** Throws `model-missing` where there is no such file. */
  static async open(path: string): Promise<FileSource> {
    try {
      const handle = await open(path, "r");
      const status = await handle.stat();
      if (status.isFile()) return new FileSource(path, status.size, handle);
      await handle.close();
    } catch (cause) {
      throw new AntiphonError("model-missing", `${path} cannot be opened: ${String(cause)}`, { cause });
    }
    throw new AntiphonError("model-missing", `${path} is not a file`);
  }

  async read(offset: number, byteLength: number): Promise<Uint8Array<ArrayBuffer>> {
    checkRange(this, offset, byteLength, "the requested bytes");
    const target = new Uint8Array(byteLength);
    for (let done = 0; done < byteLength;) {
      const length = Math.min(byteLength - done, MAXIMUM_READ_BYTES);
      const { bytesRead } = await this.#handle.read(target, done, length, offset + done);
      if (bytesRead === 0) throw invalid(this, "shrank while it was read");
      done += bytesRead;
    }
    return target;
  }

  readIntoSync(offset: number, target: Uint8Array): void {
    checkRange(this, offset, target.byteLength, "the requested bytes");
    for (let done = 0; done < target.byteLength;) {
      const length = Math.min(target.byteLength - done, MAXIMUM_READ_BYTES);
      const bytesRead = readSync(this.#handle.fd, target, done, length, offset + done);
      if (bytesRead === 0) throw invalid(this, "shrank while it was read");
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
