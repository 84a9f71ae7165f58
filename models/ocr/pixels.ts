import { type Picture, resize } from "../../vision/index.ts";
import type { TextBox } from "./text-boxes.ts";
import type { TextView } from "./views.ts";

/** Mean and deviation of ImageNet, in the order of blue, green, red that the networks were trained in. */
const MEAN = [0.485, 0.456, 0.406] as const;
const DEVIATION = [0.229, 0.224, 0.225] as const;

/** Recognition sees lines of this height. */
export const LINE_HEIGHT = 48;
const NARROWEST_LINE = 48;
const WIDEST_LINE = 1600;

export interface Planes {
  readonly width: number;
  readonly height: number;
  /** [1, 3, height, width]. */
  readonly values: Float32Array;
}

/** A part of a picture as detection takes it. */
export function detectionInput(picture: Picture, { top, height, size }: TextView): Planes {
  const { rgb } = resize(picture, size, "bilinear", { left: 0, top, width: picture.width, height });
  const values = planes(
    rgb,
    (value, channel) => (value / 255 - (MEAN[channel] ?? 0)) / (DEVIATION[channel] ?? 1),
  );
  return { ...size, values };
}

/** A line of text turned level and brought to the height that recognition takes. */
export function lineInput(picture: Picture, box: TextBox): Planes {
  const width = Math.round((box.width * LINE_HEIGHT) / box.height);
  const size = { width: Math.min(WIDEST_LINE, Math.max(NARROWEST_LINE, width)), height: LINE_HEIGHT };
  return { ...size, values: planes(cutLine(picture, box, size), (value) => value / 127.5 - 1) };
}

/** [height, width, 3], sampled bilinearly; beyond the picture its edge goes on. */
function cutLine(
  picture: Picture,
  { center, width, height, angle }: TextBox,
  size: { width: number; height: number },
) {
  const rgb = new Float32Array(size.width * size.height * 3);
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  let target = 0;
  for (let row = 0; row < size.height; row++) {
    const across = ((row + 0.5) / size.height - 0.5) * height;
    for (let column = 0; column < size.width; column++) {
      const along = ((column + 0.5) / size.width - 0.5) * width;
      const x = center.x + along * cos - across * sin;
      const y = center.y + along * sin + across * cos;
      for (let channel = 0; channel < 3; channel++) rgb[target++] = sample(picture, x, y, channel);
    }
  }
  return rgb;
}

function sample({ width, height, rgb }: Picture, x: number, y: number, channel: number): number {
  const column = Math.min(width - 1, Math.max(0, x));
  const row = Math.min(height - 1, Math.max(0, y));
  const left = Math.floor(column);
  const top = Math.floor(row);
  const right = Math.min(width - 1, left + 1);
  const bottom = Math.min(height - 1, top + 1);
  const at = (px: number, py: number): number => rgb[3 * (py * width + px) + channel] ?? 0;
  const above = at(left, top) + (at(right, top) - at(left, top)) * (column - left);
  const below = at(left, bottom) + (at(right, bottom) - at(left, bottom)) * (column - left);
  return above + (below - above) * (row - top);
}

/** Interleaved red, green, blue as planes of blue, green, red. */
function planes(rgb: ArrayLike<number>, normalise: (value: number, channel: number) => number): Float32Array {
  const size = rgb.length / 3;
  const values = new Float32Array(rgb.length);
  for (let channel = 0; channel < 3; channel++) {
    for (let at = 0; at < size; at++)
      values[channel * size + at] = normalise(rgb[3 * at + 2 - channel] ?? 0, channel);
  }
  return values;
}
