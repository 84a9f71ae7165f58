import { ByteCursor } from "./byte-cursor.ts";
import type { ByteSource } from "./byte-source.ts";
import { invalid, unsupported } from "./byte-source.ts";
import type { MetadataNumbers, MetadataValue, StorageType } from "./checkpoint.ts";
import type { Layout, StoredTensor } from "./layout.ts";
import { checkOverlaps, storedTensor } from "./layout.ts";

/** `GGUF` as the first four bytes read as a little-endian number. */
export const GGUF_MAGIC = 0x46554747;

const TENSOR_TYPES: ReadonlyMap<number, StorageType> = new Map([
  [0, "F32"],
  [1, "F16"],
  [2, "Q4_0"],
  [3, "Q4_1"],
  [6, "Q5_0"],
  [7, "Q5_1"],
  [8, "Q8_0"],
  [12, "Q4_K"],
  [13, "Q5_K"],
  [14, "Q6_K"],
  [24, "I8"],
  [25, "I16"],
  [26, "I32"],
  [27, "I64"],
  [28, "F64"],
  [30, "BF16"],
]);

/** Metadata value types with a fixed width. Booleans (7) are bytes. */
const NUMBER_TYPES: ReadonlyMap<
  number,
  { readonly bytes: number; readonly view: (buffer: ArrayBuffer) => MetadataNumbers }
> = new Map([
  [0, { bytes: 1, view: (buffer) => new Uint8Array(buffer) }],
  [1, { bytes: 1, view: (buffer) => new Int8Array(buffer) }],
  [2, { bytes: 2, view: (buffer) => new Uint16Array(buffer) }],
  [3, { bytes: 2, view: (buffer) => new Int16Array(buffer) }],
  [4, { bytes: 4, view: (buffer) => new Uint32Array(buffer) }],
  [5, { bytes: 4, view: (buffer) => new Int32Array(buffer) }],
  [6, { bytes: 4, view: (buffer) => new Float32Array(buffer) }],
  [7, { bytes: 1, view: (buffer) => new Uint8Array(buffer) }],
  [10, { bytes: 8, view: (buffer) => new BigUint64Array(buffer) }],
  [11, { bytes: 8, view: (buffer) => new BigInt64Array(buffer) }],
  [12, { bytes: 8, view: (buffer) => new Float64Array(buffer) }],
]);
const BOOLEAN = 7;
const STRING = 8;
const ARRAY = 9;

const MAXIMUM_NAME_BYTES = 65535;
const MAXIMUM_ARRAY_DEPTH = 4;
const MAXIMUM_DIMENSIONS = 4;

/** Reads the header of a GGUF file, version 2 or 3, little-endian (ggml's docs/gguf.md). */
export function parseGguf(source: ByteSource): Layout {
  const cursor = new ByteCursor(source);
  if (cursor.u32("the magic number") !== GGUF_MAGIC) throw invalid(source, "is no GGUF file");
  const version = cursor.u32("the version");
  if (version !== 2 && version !== 3) {
    const bigEndian = version !== 0 && version % 65536 === 0;
    throw unsupported(
      source,
      bigEndian ? "is a big-endian GGUF file" : `has GGUF version ${version}, not 2 or 3`,
    );
  }
  const tensorCount = cursor.size("the number of tensors");
  const metadata = readMetadata(cursor, cursor.size("the number of metadata entries"));
  if (Number(metadata.get("split.count") ?? 1) > 1)
    throw unsupported(source, "is one of several parts: merge them first");
  return {
    format: "gguf",
    metadata,
    tensors: readTensors(cursor, tensorCount, readAlignment(source, metadata)),
  };
}

function readMetadata(cursor: ByteCursor, count: number): Map<string, MetadataValue> {
  const metadata = new Map<string, MetadataValue>();
  for (let i = 0; i < count; i++) {
    const key = readName(cursor, "a metadata key");
    if (metadata.has(key)) throw invalid(cursor.source, `has the metadata key "${key}" twice`);
    metadata.set(key, readValue(cursor, cursor.u32(`the type of "${key}"`), key, 0));
  }
  return metadata;
}

function readName(cursor: ByteCursor, what: string): string {
  const byteLength = cursor.size(`the length of ${what}`);
  if (byteLength > MAXIMUM_NAME_BYTES) throw invalid(cursor.source, `claims ${byteLength} bytes for ${what}`);
  return cursor.text(byteLength, what);
}

function readValue(cursor: ByteCursor, type: number, key: string, depth: number): MetadataValue {
  if (type === STRING) return cursor.text(cursor.size(`the length of "${key}"`), `"${key}"`);
  if (type === ARRAY) return readArray(cursor, key, depth);
  const [value] = readNumbers(cursor, type, 1, key);
  if (value === undefined) throw invalid(cursor.source, `has no value for "${key}"`);
  if (type === BOOLEAN) return value !== 0;
  return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function readNumbers(cursor: ByteCursor, type: number, count: number, key: string): MetadataNumbers {
  const numbers = NUMBER_TYPES.get(type);
  if (numbers === undefined) throw invalid(cursor.source, `gives "${key}" the unknown type ${type}`);
  return numbers.view(cursor.bytes(count * numbers.bytes, `"${key}"`).buffer);
}

function readArray(cursor: ByteCursor, key: string, depth: number): MetadataValue {
  if (depth === MAXIMUM_ARRAY_DEPTH) throw invalid(cursor.source, `nests arrays too deeply in "${key}"`);
  const type = cursor.u32(`the element type of "${key}"`);
  const count = cursor.size(`the length of "${key}"`);
  if (type !== STRING && type !== ARRAY) return readNumbers(cursor, type, count, key);
  // Grows with what is really there: the count is only a claim.
  const values: MetadataValue[] = [];
  for (let i = 0; i < count; i++) values.push(readValue(cursor, type, key, depth + 1));
  return values;
}

function readAlignment(source: ByteSource, metadata: ReadonlyMap<string, MetadataValue>): number {
  const alignment = metadata.get("general.alignment") ?? 32;
  if (
    typeof alignment === "number" &&
    alignment >= 1 &&
    alignment <= 2 ** 20 &&
    Number.isInteger(Math.log2(alignment))
  ) {
    return alignment;
  }
  throw invalid(source, "has an alignment that is no power of two up to 2^20");
}

function readTensors(cursor: ByteCursor, count: number, alignment: number): Map<string, StoredTensor> {
  const { source } = cursor;
  const headers = new Map<string, ReturnType<typeof readTensorHeader>>();
  for (let i = 0; i < count; i++) {
    const header = readTensorHeader(cursor);
    if (headers.has(header.name)) throw invalid(source, `has the tensor "${header.name}" twice`);
    if (header.offset % alignment !== 0) throw invalid(source, `has a misaligned tensor "${header.name}"`);
    headers.set(header.name, header);
  }
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  const tensors = new Map<string, StoredTensor>();
  for (const header of headers.values()) {
    tensors.set(header.name, storedTensor(source, { ...header, offset: dataStart + header.offset }));
  }
  checkOverlaps(source, tensors.values(), false);
  return tensors;
}

function readTensorHeader(cursor: ByteCursor) {
  const name = readName(cursor, "a tensor name");
  const rank = cursor.u32(`the rank of "${name}"`);
  if (rank > MAXIMUM_DIMENSIONS) throw invalid(cursor.source, `gives tensor "${name}" ${rank} dimensions`);
  const shape = Array.from({ length: rank }, () => cursor.size(`the shape of "${name}"`)).reverse();
  const type = cursor.u32(`the type of "${name}"`);
  const storage = TENSOR_TYPES.get(type);
  if (storage === undefined) throw unsupported(cursor.source, `stores tensor "${name}" as ggml type ${type}`);
  return { name, shape, storage, offset: cursor.size(`the offset of "${name}"`) };
}
