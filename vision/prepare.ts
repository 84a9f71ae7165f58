import type { Picture } from "./picture.ts";
import { resize } from "./resize.ts";

/** How an encoder wants its pictures. */
export interface Preparation {
  /** Of the square that it sees, in pixels. */
  readonly size: number;
  /** Subtracted from every channel of 0 to 255 ... */
  readonly mean: number;
  /** ... which is then divided by this. */
  readonly scale: number;
}

/** EfficientNet-Lite2's, as its authors trained it. */
export const EFFICIENTNET_LITE2_PREPARATION: Preparation = { size: 260, mean: 127, scale: 128 };

/** Of the short side, what the middle square of benchmarks shows. */
const CENTER_SHARE = 0.875;

/**
 * Makes a picture what an encoder takes: a square, normalised, [1, 3, size, size].
 * @param fit - `whole` stretches the whole frame, for cameras, where what matters may be at the edge; `center` cuts out
 * the middle at 87.5 % of the short side, as published accuracies are measured.
 */
export function prepare(
  picture: Picture,
  { size, mean, scale }: Preparation,
  fit: "whole" | "center",
): Float32Array {
  const { rgb } =
    fit === "whole" ? resize(picture, { width: size, height: size }, "bicubic") : center(picture, size);
  const plane = size * size;
  const values = new Float32Array(3 * plane);
  for (let at = 0; at < plane; at++) {
    for (let channel = 0; channel < 3; channel++) {
      values[channel * plane + at] = ((rgb[3 * at + channel] ?? 0) - mean) / scale;
    }
  }
  return values;
}

function center(picture: Picture, size: number): Picture {
  const { width, height } = picture;
  const factor = Math.round(size / CENTER_SHARE) / Math.min(width, height);
  const side = size / factor;
  const box = { left: (width - side) / 2, top: (height - side) / 2, width: side, height: side };
  return resize(picture, { width: size, height: size }, "bicubic", box);
}
