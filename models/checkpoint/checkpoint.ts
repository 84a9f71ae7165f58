import type { BlockType } from "./gguf-blocks.ts";

/** How the values of a tensor lie in the file: plain little-endian numbers, or GGUF blocks. */
export type StorageType = PlainType | BlockType;

export type PlainType =
  "F64" | "F32" | "F16" | "BF16" | "I64" | "I32" | "I16" | "I8" | "U64" | "U32" | "U16" | "U8" | "BOOL";

/** Bytes of one value of each plain type. */
export const PLAIN_BYTES: Readonly<Record<PlainType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

export interface TensorInfo {
  readonly name: string;
  /** Row-major, outermost dimension first (GGUF stores dimensions the other way round: they are reversed here). */
  readonly shape: readonly number[];
  readonly storage: StorageType;
  readonly byteLength: number;
}

/**
 * A value of the file's header. Arrays of numbers are typed arrays of the width in the file (booleans as 0 and 1), so
 * that a hostile header cannot make them larger than itself; 64-bit scalars are numbers where a number can hold them.
 */
export type MetadataValue =
  string | number | bigint | boolean | readonly string[] | readonly MetadataValue[] | MetadataNumbers;

export type MetadataNumbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/**
 * An open checkpoint: named tensors that are read from the file when they are asked for. All methods throw
 * `checkpoint-invalid` for an unknown name or a file that shrank after it was opened.
 */
export interface Checkpoint {
  readonly format: "safetensors" | "gguf" | "ctranslate2";
  readonly path: string;
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  readonly tensors: ReadonlyMap<string, TensorInfo>;

  /** The tensor as stored. The array starts its own ArrayBuffer, so any typed array can view it; the caller owns it. */
  bytes(name: string): Promise<Uint8Array<ArrayBuffer>>;

  /** The tensor as float32, dequantised if need be. The caller owns the array. */
  floats(name: string): Promise<Float32Array>;

  /**
   * Rows of a matrix as float32, one after the other, read synchronously: an embedding lookup straight from the file.
   * Writes to the front of `into` where given and returns the part that was written; throws `RangeError` if it is short.
   */
  floatRows(name: string, rows: ArrayLike<number>, into?: Float32Array): Float32Array;

  close(): Promise<void>;
}
