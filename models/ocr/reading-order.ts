import type { TextBox } from "./text-boxes.ts";

/** Boxes whose middles lie closer than this part of a line's height are on one line. */
const SAME_LINE = 0.6;

/** Lines from top to bottom, each from left to right, on a page that may be turned as its widest box is. */
export function readingOrder(boxes: readonly TextBox[]): TextBox[][] {
  const { angle } = boxes.reduce((widest, box) => (box.width > widest.width ? box : widest), {
    angle: 0,
    width: 0,
  });
  const across = ({ center }: TextBox): number => center.y * Math.cos(angle) - center.x * Math.sin(angle);
  const along = ({ center }: TextBox): number => center.x * Math.cos(angle) + center.y * Math.sin(angle);
  const lines: TextBox[][] = [];
  for (const box of boxes.toSorted((a, b) => across(a) - across(b))) {
    const line = lines.at(-1);
    const [first] = line ?? [];
    const isSame =
      first !== undefined && across(box) - across(first) < SAME_LINE * Math.min(first.height, box.height);
    if (line !== undefined && isSame) line.push(box);
    else lines.push([box]);
  }
  return lines.map((line) => line.toSorted((a, b) => along(a) - along(b)));
}
