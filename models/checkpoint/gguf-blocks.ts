import { halfTable } from "./half.ts";

/** The block formats of GGUF (ggml-quants.c of ggml) that we read. */
export type BlockType = "Q4_0" | "Q4_1" | "Q5_0" | "Q5_1" | "Q8_0" | "Q4_K" | "Q5_K" | "Q6_K";

/** One block as unsigned integers: value `i` is `scales[g] * codes[i] + mins[g]` with `g = floor(i / groupSize)`. */
interface Unpacked {
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
  readonly mins: Float32Array;
}

export interface BlockFormat {
  /** Values of one block. */
  readonly values: number;
  /** Bytes of one block. */
  readonly bytes: number;
  /** Values that share a scale. */
  readonly groupSize: 16 | 32;
  readonly bits: 4 | 5 | 6 | 8;
  /** Whether `mins` is no information of its own but `-scale * 2^(bits - 1)`. */
  readonly symmetric: boolean;
  /**
   * Takes apart the block at byte `at`. Nothing is lost: `scale * code + min`, rounded once to float32, is the value that
   * ggml's own dequantisation gives, since scales and mins are products of a half and a small integer.
   */
  readonly unpack: (source: Uint8Array, at: number, out: Unpacked) => void;
}

const half = (source: Uint8Array, at: number): number =>
  halfTable()[(source[at] ?? 0) | ((source[at + 1] ?? 0) << 8)] ?? 0;

/** Sixteen bytes hold values 0..15 in their low and 16..31 in their high nibbles. */
function unpackNibbles(source: Uint8Array, at: number, codes: Uint8Array): void {
  for (let i = 0; i < 16; i++) {
    const byte = source[at + i] ?? 0;
    codes[i] = byte & 15;
    codes[i + 16] = byte >> 4;
  }
}

/** As above, with the fifth bits of the 32 values before the nibbles. */
function unpackFiveBits(source: Uint8Array, at: number, codes: Uint8Array): void {
  unpackNibbles(source, at + 4, codes);
  for (let i = 0; i < 32; i++) {
    const bit = ((source[at + (i >> 3)] ?? 0) >> (i & 7)) & 1;
    codes[i] = (codes[i] ?? 0) | (bit << 4);
  }
}

/**
 * Q4_K and Q5_K: eight 6-bit scales and mins in twelve bytes (the first four of each whole, the others split into low
 * nibbles and the upper bits of the first), times two halves.
 */
function unpackKScales(source: Uint8Array, at: number, { scales, mins }: Unpacked): void {
  const scale = half(source, at);
  const min = half(source, at + 2);
  for (let j = 0; j < 4; j++) {
    const first = source[at + 4 + j] ?? 0;
    const second = source[at + 8 + j] ?? 0;
    const third = source[at + 12 + j] ?? 0;
    scales[j] = scale * (first & 63);
    mins[j] = -min * (second & 63);
    scales[j + 4] = scale * ((third & 15) | ((first >> 6) << 4));
    mins[j + 4] = -min * ((third >> 4) | ((second >> 6) << 4));
  }
}

/** Q4_K and Q5_K: each 32 bytes hold 32 values in their low and the next 32 in their high nibbles. */
function unpackKNibbles(source: Uint8Array, at: number, codes: Uint8Array): void {
  for (let pair = 0; pair < 4; pair++) {
    for (let i = 0; i < 32; i++) {
      const byte = source[at + 32 * pair + i] ?? 0;
      codes[64 * pair + i] = byte & 15;
      codes[64 * pair + 32 + i] = byte >> 4;
    }
  }
}

function unpackQ6K(source: Uint8Array, at: number, { codes, scales, mins }: Unpacked): void {
  const scale = half(source, at + 208);
  for (let j = 0; j < 16; j++) {
    const own = scale * (((source[at + 192 + j] ?? 0) << 24) >> 24);
    scales[j] = own;
    mins[j] = -32 * own;
  }
  for (let part = 0; part < 2; part++) {
    const low = at + 64 * part;
    const high = at + 128 + 32 * part;
    const out = 128 * part;
    for (let i = 0; i < 32; i++) {
      const upper = source[high + i] ?? 0;
      const first = source[low + i] ?? 0;
      const second = source[low + 32 + i] ?? 0;
      codes[out + i] = (first & 15) | ((upper & 3) << 4);
      codes[out + 32 + i] = (second & 15) | (((upper >> 2) & 3) << 4);
      codes[out + 64 + i] = (first >> 4) | (((upper >> 4) & 3) << 4);
      codes[out + 96 + i] = (second >> 4) | ((upper >> 6) << 4);
    }
  }
}

export const BLOCK_FORMATS: Readonly<Record<BlockType, BlockFormat>> = {
  Q4_0: {
    ...{ values: 32, bytes: 18, groupSize: 32, bits: 4, symmetric: true },
    unpack(source, at, { codes, scales, mins }) {
      const scale = half(source, at);
      scales[0] = scale;
      mins[0] = -8 * scale;
      unpackNibbles(source, at + 2, codes);
    },
  },
  Q4_1: {
    ...{ values: 32, bytes: 20, groupSize: 32, bits: 4, symmetric: false },
    unpack(source, at, { codes, scales, mins }) {
      scales[0] = half(source, at);
      mins[0] = half(source, at + 2);
      unpackNibbles(source, at + 4, codes);
    },
  },
  Q5_0: {
    ...{ values: 32, bytes: 22, groupSize: 32, bits: 5, symmetric: true },
    unpack(source, at, { codes, scales, mins }) {
      const scale = half(source, at);
      scales[0] = scale;
      mins[0] = -16 * scale;
      unpackFiveBits(source, at + 2, codes);
    },
  },
  Q5_1: {
    ...{ values: 32, bytes: 24, groupSize: 32, bits: 5, symmetric: false },
    unpack(source, at, { codes, scales, mins }) {
      scales[0] = half(source, at);
      mins[0] = half(source, at + 2);
      unpackFiveBits(source, at + 4, codes);
    },
  },
  Q8_0: {
    ...{ values: 32, bytes: 34, groupSize: 32, bits: 8, symmetric: true },
    unpack(source, at, { codes, scales, mins }) {
      const scale = half(source, at);
      scales[0] = scale;
      mins[0] = -128 * scale;
      for (let i = 0; i < 32; i++) codes[i] = (source[at + 2 + i] ?? 0) ^ 128;
    },
  },
  Q4_K: {
    ...{ values: 256, bytes: 144, groupSize: 32, bits: 4, symmetric: false },
    unpack(source, at, out) {
      unpackKScales(source, at, out);
      unpackKNibbles(source, at + 16, out.codes);
    },
  },
  Q5_K: {
    ...{ values: 256, bytes: 176, groupSize: 32, bits: 5, symmetric: false },
    unpack(source, at, out) {
      unpackKScales(source, at, out);
      unpackKNibbles(source, at + 48, out.codes);
      for (let i = 0; i < 256; i++) {
        const bit = ((source[at + 16 + (i & 31)] ?? 0) >> (i >> 5)) & 1;
        out.codes[i] = (out.codes[i] ?? 0) | (bit << 4);
      }
    },
  },
  Q6_K: { values: 256, bytes: 210, groupSize: 16, bits: 6, symmetric: true, unpack: unpackQ6K },
};

export function isBlockType(storage: string): storage is BlockType {
  return Object.hasOwn(BLOCK_FORMATS, storage);
}

/** Calls `visit` with each block of `bytes` in order; the unpacked block is reused from call to call. */
export function forEachBlock(
  bytes: Uint8Array,
  format: BlockFormat,
  visit: (block: Unpacked, index: number) => void,
): void {
  const groups = format.values / format.groupSize;
  const block = {
    codes: new Uint8Array(format.values),
    scales: new Float32Array(groups),
    mins: new Float32Array(groups),
  };
  const count = Math.floor(bytes.length / format.bytes);
  for (let index = 0; index < count; index++) {
    format.unpack(bytes, index * format.bytes, block);
    visit(block, index);
  }
}

/** Float32 values of whole blocks, equal to those of ggml (a zero may differ in sign). Writes to the front of `into`. */
export function dequantize(bytes: Uint8Array, type: BlockType, into: Float32Array): void {
  const format = BLOCK_FORMATS[type];
  const { values, groupSize } = format;
  forEachBlock(bytes, format, ({ codes, scales, mins }, index) => {
    const start = index * values;
    for (let group = 0, i = 0; group < scales.length; group++) {
      const scale = scales[group] ?? 0;
      const min = mins[group] ?? 0;
      for (const end = i + groupSize; i < end; i++) into[start + i] = scale * (codes[i] ?? 0) + min;
    }
  });
}
