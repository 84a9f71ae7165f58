import fc from "fast-check";
import { expect, test } from "vitest";

import type { TextBox } from "../../../models/ocr/text-boxes.ts";
import { allBoxes, textViews, withBoxes } from "../../../models/ocr/views.ts";

const box = (x: number, y: number, width: number, height: number): TextBox => ({
  center: { x, y },
  width,
  height,
  angle: 0,
  probability: 1,
});
const SCREEN = { width: 1920, height: 1080 };

test("a camera's picture is searched once, whole, or every frame would cost several looks", () => {
  const [view, bands] = textViews({ width: 640, height: 480 });
  expect(bands).toEqual([]);
  expect(view).toMatchObject({ top: 0, height: 480, size: { width: 640, height: 480 } });
  expect(withBoxes([], [box(10, 470, 8, 4)], view)).toHaveLength(1);
});

test("of a large picture, each row counts in a band that holds half an overlap around it, and no look costs more than a whole one", () => {
  const size = fc.oneof(
    fc.record({ width: fc.integer({ min: 961, max: 1920 }), height: fc.integer({ min: 32, max: 1080 }) }),
    fc.record({ width: fc.integer({ min: 32, max: 1080 }), height: fc.integer({ min: 961, max: 1920 }) }),
  );
  fc.assert(
    fc.property(size, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (picture, part) => {
      const y = part * picture.height;
      const [, bands] = textViews(picture);
      const owners = bands.filter(({ counts }) => y >= counts.from && y < counts.to);
      expect(owners.length).toBeGreaterThanOrEqual(1);
      for (const { top, height } of owners) {
        expect(top).toBeLessThanOrEqual(Math.max(0, y - 27));
        expect(top + height).toBeGreaterThanOrEqual(Math.min(picture.height, y + 27));
      }
      for (const { size } of bands) expect(size.width * size.height).toBeLessThanOrEqual(960 * 960 * 1.05);
    }),
  );
});

test("large print is found whole, small print in its band, and none of it twice", () => {
  const [whole, bands] = textViews(SCREEN);
  const headline = box(900, 100, 800, 90);
  const blurred = box(300, 300, 500, 20);
  const large = withBoxes([], [headline, blurred], whole);
  expect(large).toEqual([headline]);
  const part = box(700, 110, 300, 60);
  const line = box(300, 371, 480, 18); // on the border of two bands
  const small = bands.reduce<readonly TextBox[]>(
    (known, band) => withBoxes(known, [part, { ...line }], band),
    [],
  );
  expect(small).toEqual([part, line]);
  expect(allBoxes(large, small)).toEqual([headline, line]);
});

test("two lines of small print that look like one from afar are two, also where two bands meet", () => {
  const [whole, bands] = textViews(SCREEN);
  const blob = withBoxes([], [box(300, 371, 500, 50)], whole);
  expect(blob).toHaveLength(1);
  const lines = [box(300, 361, 480, 16), box(300, 381, 470, 16)];
  const small = bands.reduce<readonly TextBox[]>((known, band) => withBoxes(known, lines, band), []);
  expect(allBoxes(blob, small)).toEqual(lines);
});

test("what stands beside a turned headline is no part of it", () => {
  const headline = { ...box(960, 300, 1000, 60), angle: 0.3 };
  const [beside, within] = [box(960, 360, 100, 20), box(1150, 360, 100, 20)];
  expect(allBoxes([headline], [beside, within])).toEqual([headline, beside]);
});
