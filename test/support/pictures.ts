import { crc32, deflateSync } from "node:zlib";

import sharp from "sharp";

/** Noise, which no format packs well, as a file of that format. */
export async function noisePicture(
  format: "jpeg" | "png" | "webp",
  width: number,
  height: number,
): Promise<Uint8Array> {
  const rgb = Uint8Array.from(
    { length: width * height * 3 },
    (_, at) => (Math.imul(at + 1, 2_654_435_761) >>> 24) & 255,
  );
  return await sharp(rgb, { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}

/** A picture of one colour. */
export async function plainPicture(
  format: "jpeg" | "png" | "webp",
  size: { readonly width: number; readonly height: number },
  background: { readonly r: number; readonly g: number; readonly b: number; readonly alpha?: number },
): Promise<Uint8Array> {
  const channels = background.alpha === undefined ? 3 : 4;
  return await sharp({ create: { ...size, channels, background } })
    .toFormat(format)
    .toBuffer();
}

interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a grey pixel. */
  readonly bitDepth?: 1 | 8 | 16;
}

/**
 * A PNG whose header says what it likes, over as many zeros as are given: packed a thousand times smaller.
 * @param extra - chunks between header and pixels.
 */
export function craftedPng(
  { width, height, bitDepth = 1 }: PngHeader,
  zeros: number,
  extra: Uint8Array[] = [],
): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = bitDepth;
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    pngChunk("IHDR", header),
    ...extra,
    pngChunk("IDAT", deflateSync(new Uint8Array(zeros), { level: 1 })),
    pngChunk("IEND", new Uint8Array()),
  ]);
}

export function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length);
  frame.writeUInt32BE(crc32(body) >>> 0, 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
