import type { Picture } from "../../vision/index.ts";
import type { TextBox } from "./text-boxes.ts";

/** Detection was trained on pictures of about this longest side, in pixels; its own sides are multiples of 32. */
const LONGEST_SIDE = 960;
const STRIDE = 32;
/** What a look at a part costs is known: it is no larger than a whole picture may be. */
const MOST_PIXELS = LONGEST_SIDE * LONGEST_SIDE;
/** Bands of a picture share this many rows, so that a line of small print is in one of them whole. */
const OVERLAP = 64;
/** By so many rows two bands may see one line in different places: of what lies on their border, both have it. */
const DISAGREEMENT = 4;
/** Print of this height is found in the whole of a large picture, where no border cuts it. */
const LARGE = 28;

/** A part of a picture that is searched for text by itself; rows in the picture's own pixels. */
export interface TextView {
  readonly top: number;
  readonly height: number;
  /** In which detection sees it. */
  readonly size: { readonly width: number; readonly height: number };
  /** Boxes count whose middle lies from this row on, to that one, and that are this high. */
  readonly counts: { readonly from: number; readonly to: number; readonly height: number };
}

/** A picture as a whole, shrunk where it is large. */
export function wholeView({ width, height }: Pick<Picture, "width" | "height">): TextView {
  const shrink = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  const size = { width: inStrides(width * shrink), height: inStrides(height * shrink) };
  return { top: 0, height, size, counts: { from: -Infinity, to: Infinity, height: 0 } };
}

/**
 * How a picture is searched for text: as a whole, and, where that has to be shrunk, in bands of the full width for the
 * print that is too small then: a screen's, say.
 */
export function textViews(
  picture: Pick<Picture, "width" | "height">,
): readonly [whole: TextView, bands: readonly TextView[]] {
  const whole = wholeView(picture);
  if (Math.max(picture.width, picture.height) <= LONGEST_SIDE) return [whole, []];
  const large = { ...whole, counts: { ...whole.counts, height: LARGE } };
  return [large, bands(picture.width, picture.height)];
}

function bands(width: number, height: number): TextView[] {
  const rows = Math.floor(MOST_PIXELS / width);
  const count = Math.max(1, Math.ceil((height - OVERLAP) / (rows - OVERLAP)));
  const step = (height - OVERLAP) / count;
  return Array.from({ length: count }, (_, index) => {
    const top = Math.round(index * step);
    const bottom = Math.round((index + 1) * step) + OVERLAP;
    const from = index === 0 ? -Infinity : top + OVERLAP / 2;
    const to = index === count - 1 ? Infinity : bottom - OVERLAP / 2 + DISAGREEMENT;
    const size = { width: inStrides(width), height: inStrides(bottom - top) };
    return { top, height: bottom - top, size, counts: { from, to, height: 0 } };
  });
}

function inStrides(length: number): number {
  return Math.max(STRIDE, Math.round(length / STRIDE) * STRIDE);
}

/** What is known with what a view has found, nothing twice. */
export function withBoxes(
  known: readonly TextBox[],
  found: readonly TextBox[],
  { counts }: TextView,
): readonly TextBox[] {
  const own = found.filter(
    ({ center: { y }, height }) => y >= counts.from && y < counts.to && height >= counts.height,
  );
  return [...known, ...own.filter((box) => !known.some((other) => isWithin(other, box)))];
}

/** What the whole has shown with what all bands have: parts of large print are none, nor are lines of small print one. */
export function allBoxes(large: readonly TextBox[], small: readonly TextBox[]): readonly TextBox[] {
  const kept = large.filter((box) => !holdsLines(box, small));
  return [...kept, ...small.filter((box) => !kept.some((larger) => isWithin(larger, box)))];
}

/** Where the middle of a box lies, along another one's text and across it, from its own middle. */
function placeIn({ center, angle }: TextBox, box: TextBox) {
  const [x, y] = [box.center.x - center.x, box.center.y - center.y];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return { along: x * cos + y * sin, across: y * cos - x * sin };
}

function isWithin(larger: TextBox, box: TextBox): boolean {
  const { along, across } = placeIn(larger, box);
  return Math.abs(along) <= larger.width / 2 && Math.abs(across) <= larger.height / 2;
}

/** Whether what looks like a line from afar is several of them, one above the other. */
function holdsLines(larger: TextBox, boxes: readonly TextBox[]): boolean {
  const within = boxes.filter((box) => isWithin(larger, box));
  const across = within.map((box) => placeIn(larger, box).across);
  const lineHeight = Math.min(...within.map(({ height }) => height));
  return Math.max(...across) - Math.min(...across) > lineHeight / 2;
}
