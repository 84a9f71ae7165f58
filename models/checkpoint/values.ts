import type { PlainType, StorageType } from "./checkpoint.ts";
import { PLAIN_BYTES } from "./checkpoint.ts";
import { BLOCK_FORMATS, dequantize, isBlockType } from "./gguf-blocks.ts";
import { bfloatsToFloats, halvesToFloats } from "./half.ts";

/** Values per indivisible unit of a storage type, and the unit's bytes. */
export function unitOf(storage: StorageType): { readonly values: number; readonly bytes: number } {
  return isBlockType(storage) ? BLOCK_FORMATS[storage] : { values: 1, bytes: PLAIN_BYTES[storage] };
}

/**
 * Widens stored values to float32 at the front of `into`. `bytes` must begin at a multiple of 8 in its buffer.
 * 64-bit integers and doubles are rounded.
 */
export function toFloats(bytes: Uint8Array<ArrayBuffer>, storage: StorageType, into: Float32Array): void {
  if (isBlockType(storage)) {
    dequantize(bytes, storage, into);
    return;
  }
  const { buffer, byteOffset } = bytes;
  const count = bytes.length / PLAIN_BYTES[storage];
  switch (storage) {
    case "F16":
      halvesToFloats(new Uint16Array(buffer, byteOffset, count), into);
      return;
    case "BF16":
      bfloatsToFloats(new Uint16Array(buffer, byteOffset, count), into);
      return;
    case "I64":
    case "U64": {
      const wide = storage === "I64" ? BigInt64Array : BigUint64Array;
      new wide(buffer, byteOffset, count).forEach((value, i) => (into[i] = Number(value)));
      return;
    }
    case "F64":
    case "F32":
    case "I32":
    case "I16":
    case "I8":
    case "U32":
    case "U16":
    case "U8":
    case "BOOL":
      into.set(new NUMBER_ARRAYS[storage](buffer, byteOffset, count));
  }
}

const NUMBER_ARRAYS = {
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} satisfies Partial<Record<PlainType, unknown>>;
