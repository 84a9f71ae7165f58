import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { ByteSource } from "../../../models/checkpoint/byte-source.ts";

/** Path below test/fixtures/checkpoints. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/checkpoints/${name}`, import.meta.url));
}

/** Runs with an empty folder that is gone afterwards. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "antiphon-checkpoint-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A file in memory that fails the test if anything is read outside it, and counts what is asked for. */
export class MemorySource implements ByteSource {
  readonly path = "memory.file";
  requestedBytes = 0;
  readonly #content: Uint8Array;

  constructor(content: Uint8Array) {
    this.#content = content;
  }

  get size(): number {
    return this.#content.length;
  }

  async read(offset: number, byteLength: number): Promise<Uint8Array<ArrayBuffer>> {
    const target = new Uint8Array(byteLength);
    this.readIntoSync(offset, target);
    return await Promise.resolve(target);
  }

  readIntoSync(offset: number, target: Uint8Array): void {
    this.requestedBytes += target.length;
    if (offset < 0 || offset + target.length > this.size) throw new Error(`read past the end at ${offset}`);
    target.set(this.#content.subarray(offset, offset + target.length));
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }
}

/** Little-endian bytes, one field after the other. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = [];

  get length(): number {
    return this.#parts.reduce((sum, part) => sum + part.length, 0);
  }

  u8(value: number): this {
    return this.bytes(Uint8Array.of(value));
  }

  u16(value: number): this {
    const part = Buffer.alloc(2);
    part.writeUInt16LE(value);
    return this.bytes(part);
  }

  u32(value: number): this {
    const part = Buffer.alloc(4);
    part.writeUInt32LE(value);
    return this.bytes(part);
  }

  u64(value: number | bigint): this {
    const part = Buffer.alloc(8);
    part.writeBigUInt64LE(BigInt(value));
    return this.bytes(part);
  }

  bytes(part: Uint8Array): this {
    this.#parts.push(part);
    return this;
  }

  /** As GGUF writes strings: 64-bit length, bytes. */
  text(value: string): this {
    const bytes = Buffer.from(value);
    return this.u64(bytes.length).bytes(bytes);
  }

  /** As CTranslate2 writes strings: 16-bit length with a closing NUL. */
  closedText(value: string): this {
    const bytes = Buffer.from(`${value}\0`);
    return this.u16(bytes.length).bytes(bytes);
  }

  align(multiple: number): this {
    return this.bytes(new Uint8Array((multiple - (this.length % multiple)) % multiple));
  }

  finish(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}

/** A tensor to write: values of one byte each where only the bytes matter. */
export interface PlainTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** GGUF, version 3, with F32 tensors and string metadata. */
export function writeGguf(
  tensors: readonly PlainTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const writer = new ByteWriter().bytes(Buffer.from("GGUF")).u32(3).u64(tensors.length);
  writer.u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) writer.text(key).u32(8).text(value);
  const data = new ByteWriter();
  for (const { name, shape, bytes } of tensors) {
    writer.text(name).u32(shape.length);
    for (const dimension of shape.toReversed()) writer.u64(dimension);
    writer.u32(0).u64(data.length);
    data.bytes(bytes).align(32);
  }
  return writer.align(32).bytes(data.finish()).finish();
}

/** Safetensors with F32 tensors. */
export function writeSafetensors(
  tensors: readonly PlainTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let end = 0;
  const entries = tensors.map(({ name, shape, bytes }) => {
    const start = end;
    end += bytes.length;
    return [name, { dtype: "F32", shape, data_offsets: [start, end] }] as const;
  });
  const header = { __metadata__: metadata, ...Object.fromEntries(entries) };
  return rawSafetensors(JSON.stringify(header), Buffer.concat(tensors.map(({ bytes }) => bytes)));
}

/** Safetensors with whatever header. */
export function rawSafetensors(header: string, data: Uint8Array): Uint8Array {
  const bytes = Buffer.from(header);
  return new ByteWriter().u64(bytes.length).bytes(bytes).bytes(data).finish();
}

/** CTranslate2, version 6, with f32 tensors. */
export function writeCtranslate2(
  tensors: readonly PlainTensor[],
  aliases: readonly (readonly [string, string])[],
): Uint8Array {
  const writer = new ByteWriter().u32(6).closedText("Spec").u32(1).u32(tensors.length);
  for (const { name, shape, bytes } of tensors) {
    writer.closedText(name).u8(shape.length);
    for (const dimension of shape) writer.u32(dimension);
    writer.u8(0).u32(bytes.length).bytes(bytes);
  }
  writer.u32(aliases.length);
  for (const [alias, target] of aliases) writer.closedText(alias).closedText(target);
  return writer.finish();
}
