import { VisionError } from "./errors.ts";

const PNG_SIGNATURE = "\x89PNG\r\n\x1a\n";
/** In the flags of a WebP's `VP8X` chunk: whether frames follow. */
const WEBP_ANIMATION = 0x02;

/**
 * Makes sure that bytes begin like a still JPEG, PNG or WebP, whatever they are called: nothing else is ever handed to a
 * decoder.
 * @throws VisionError `picture-format` or `picture-animated`.
 */
export function requireStillPicture(bytes: Uint8Array): void {
  if (text(bytes, 0, 3) === "\xff\xd8\xff") return;
  const animated = isPng(bytes) ? isAnimatedPng(bytes) : isWebp(bytes) && isAnimatedWebp(bytes);
  if (animated)
    throw new VisionError("picture-animated", "a picture must not move; send its frames one by one");
  if (isPng(bytes) || isWebp(bytes)) return;
  throw new VisionError("picture-format", "this is no JPEG, PNG or WebP");
}

function isPng(bytes: Uint8Array): boolean {
  return text(bytes, 0, 8) === PNG_SIGNATURE;
}

/** An animation says so (`acTL`) before its first pixels (`IDAT`). Chunks: u32 length, type, data, u32 checksum. */
function isAnimatedPng(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = PNG_SIGNATURE.length; at + 8 <= bytes.length; at += 12 + view.getUint32(at)) {
    const type = text(bytes, at + 4, 4);
    if (type === "acTL") return true;
    if (type === "IDAT") return false;
  }
  return false;
}

function isWebp(bytes: Uint8Array): boolean {
  return text(bytes, 0, 4) === "RIFF" && text(bytes, 8, 4) === "WEBP";
}

function isAnimatedWebp(bytes: Uint8Array): boolean {
  return text(bytes, 12, 4) === "VP8X" && ((bytes[20] ?? 0) & WEBP_ANIMATION) !== 0;
}

function text(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length));
}
