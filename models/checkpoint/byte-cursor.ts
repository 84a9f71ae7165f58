import type { ByteSource } from "./byte-source.ts";
import { checkRange, invalid, unsupported } from "./byte-source.ts";

const WINDOW_BYTES = 256 * 1024;

/** Headers of real files stay below 20 MB; ours may not grow past this whatever the file's size. */
const MAXIMUM_HEADER_BYTES = 128 * 1024 * 1024;

/**
 * Reads the little-endian values of a header one after the other, through a window. Every length is checked against the
 * bytes that the file still has before anything is allocated for it.
 */
export class ByteCursor {
  readonly source: ByteSource;
  #window = Buffer.alloc(0);
  #windowStart = 0;
  #position: number;
  #consumed = 0;

  constructor(source: ByteSource, position = 0) {
    this.source = source;
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.source.size - this.#position;
  }

  u8(what: string): number {
    const start = this.#take(1, what);
    return this.#window.readUInt8(start);
  }

  u16(what: string): number {
    const start = this.#take(2, what);
    return this.#window.readUInt16LE(start);
  }

  u32(what: string): number {
    const start = this.#take(4, what);
    return this.#window.readUInt32LE(start);
  }

  u64(what: string): bigint {
    const start = this.#take(8, what);
    return this.#window.readBigUInt64LE(start);
  }

  /** A 64-bit length, count or offset: `checkpoint-invalid` if it cannot be one of any file. */
  size(what: string): number {
    const value = this.u64(what);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid(this.source, `claims ${value} for ${what}`);
    return Number(value);
  }

  /** UTF-8 text; what is not UTF-8 becomes U+FFFD. */
  text(byteLength: number, what: string): string {
    const start = this.#take(byteLength, what);
    return this.#window.toString("utf8", start, start + byteLength);
  }

  /** Bytes in an ArrayBuffer of their own. */
  bytes(byteLength: number, what: string): Uint8Array<ArrayBuffer> {
    this.#consume(byteLength, what);
    const target = new Uint8Array(byteLength);
    this.source.readIntoSync(this.#position, target);
    this.#position += byteLength;
    return target;
  }

  /** Passes over tensor data, which does not count as header. */
  skip(byteLength: number, what: string): void {
    checkRange(this.source, this.#position, byteLength, what);
    this.#position += byteLength;
  }

  /** Advances, and returns where in the window the bytes begin. */
  #take(byteLength: number, what: string): number {
    this.#consume(byteLength, what);
    let start = this.#position - this.#windowStart;
    if (start + byteLength > this.#window.length) {
      this.#window = Buffer.alloc(Math.min(this.remaining, Math.max(byteLength, WINDOW_BYTES)));
      this.source.readIntoSync(this.#position, this.#window);
      this.#windowStart = this.#position;
      start = 0;
    }
    this.#position += byteLength;
    return start;
  }

  #consume(byteLength: number, what: string): void {
    checkRange(this.source, this.#position, byteLength, what);
    this.#consumed += byteLength;
    if (this.#consumed > MAXIMUM_HEADER_BYTES) {
      throw unsupported(this.source, `has a header of more than ${MAXIMUM_HEADER_BYTES} bytes`);
    }
  }
}
