import sharp, { type Metadata } from "sharp";

import { AntiphonError, toAntiphonError } from "../../streaming/index.ts";
import { type Picture, requireStillPicture } from "../../vision/index.ts";
import { nativeGate } from "../runtime/native-gate.ts";

/** What pictures are shrunk to fit into, in pixels, whichever side is the longer one. */
const MAX_LONG_SIDE = 1920;
const MAX_SHORT_SIDE = 1080;

/** More than any camera makes; what would take longer to unpack is refused unread. */
const MAX_BYTES = 32 * 2 ** 20;
const MAX_PIXELS = 50_000_000;
const MAX_SIDE = 16_000;
const TIMEOUT_SECONDS = 2;

// The networks need the cores; and the library may read nothing but what we name.
sharp.concurrency(1);
sharp.cache(false);
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({
  operation: ["VipsForeignLoadJpegBuffer", "VipsForeignLoadPngBuffer", "VipsForeignLoadWebpBuffer"],
});

/**
 * Decodes a still JPEG, PNG or WebP, upright, on white where it is transparent, at most 1920 x 1080, or 1080 x 1920: a larger one
 * is shrunk while it is read. Takes 2 s at most.
 * @throws AntiphonError `picture-format`, `picture-animated`, `picture-too-large`, `picture-unreadable`,
 * `picture-timeout`.
 */
export async function decodePicture(bytes: Uint8Array): Promise<Picture> {
  try {
    requireBytes(bytes);
    const decoder = sharp(bytes, { failOn: "error", limitInputPixels: MAX_PIXELS, sequentialRead: true });
    // A thread must not be stopped inside of the library, no more than inside of onnxruntime.
    const metadata = await nativeGate().pass(() => decoder.metadata());
    requireSize(metadata);
    const pixels = decoder
      .timeout({ seconds: TIMEOUT_SECONDS })
      .autoOrient()
      .resize({ ...largestSize(metadata.autoOrient), fit: "inside", withoutEnlargement: true })
      .flatten({ background: "white" })
      .toColourspace("srgb")
      .raw();
    const { data, info } = await nativeGate().pass(() => pixels.toBuffer({ resolveWithObject: true }));
    return { width: info.width, height: info.height, rgb: new Uint8Array(data) };
  } catch (error) {
    throw decodeError(error);
  }
}

/** What a camera would send of a picture: a JPEG, upright, at most 1280 x 720. @throws like {@link decodePicture}. */
export async function asCameraPicture(bytes: Uint8Array): Promise<Uint8Array> {
  const { width, height, rgb } = await decodePicture(bytes);
  const jpeg = sharp(rgb, { raw: { width, height, channels: 3 } })
    .resize({ width: 1280, height: 720, fit: "inside", withoutEnlargement: true })
    .jpeg();
  return Uint8Array.from(await nativeGate().pass(() => jpeg.toBuffer()));
}

function largestSize({ width, height }: Metadata["autoOrient"]) {
  return height > width
    ? { width: MAX_SHORT_SIDE, height: MAX_LONG_SIDE }
    : { width: MAX_LONG_SIDE, height: MAX_SHORT_SIDE };
}

function requireBytes(bytes: Uint8Array): void {
  requireStillPicture(bytes);
  if (bytes.length <= MAX_BYTES) return;
  throw new AntiphonError("picture-too-large", `a picture may have ${MAX_BYTES / 2 ** 20} MiB`);
}

function requireSize({ width, height }: Metadata): void {
  if (Math.max(width, height) <= MAX_SIDE) return;
  throw new AntiphonError(
    "picture-too-large",
    `a picture may have sides of ${MAX_SIDE}, not ${width} x ${height}`,
  );
}

/** What is not ours comes from the library, which knows no codes. */
function decodeError(cause: unknown): AntiphonError {
  const error = toAntiphonError(cause);
  if (error.code !== "internal") return error;
  const message = error.message.trim();
  if (message.startsWith("timeout"))
    return new AntiphonError(
      "picture-timeout",
      `the picture takes more than ${TIMEOUT_SECONDS} s to unpack`,
      { cause },
    );
  if (message.includes("pixel limit"))
    return new AntiphonError("picture-too-large", `a picture may have ${MAX_PIXELS / 1e6} million pixels`, {
      cause,
    });
  return new AntiphonError("picture-unreadable", `the picture is damaged (${message})`, { cause });
}
