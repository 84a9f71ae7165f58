import fc from "fast-check";
import { expect, test } from "vitest";

import { colourOf, COLOURS, middleColours, type Picture } from "../../vision/index.ts";

type Pixel = readonly [red: number, green: number, blue: number];

const NAMED: Readonly<Record<string, readonly Pixel[]>> = {
  black: [
    [0, 0, 0],
    [40, 38, 42],
  ],
  white: [
    [255, 255, 255],
    [228, 225, 220],
  ],
  grey: [[128, 128, 128]],
  red: [
    [220, 20, 40],
    [150, 10, 15],
  ],
  orange: [[255, 140, 0]],
  yellow: [
    [255, 225, 30],
    [235, 200, 50],
  ],
  green: [
    [40, 160, 60],
    [20, 90, 30],
  ],
  blue: [
    [30, 80, 200],
    [120, 170, 230],
  ],
  purple: [[120, 40, 160]],
  pink: [
    [255, 180, 195],
    [240, 100, 170],
  ],
  brown: [
    [110, 70, 30],
    [90, 50, 20],
  ],
  beige: [[225, 200, 165]],
};

function picture(width: number, height: number, pixel: (across: number, down: number) => Pixel): Picture {
  const rgb = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++)
    rgb.set(pixel(((at % width) + 0.5) / width, (Math.floor(at / width) + 0.5) / height), 3 * at);
  return { width, height, rgb };
}

test.each(Object.entries(NAMED).flatMap(([name, pixels]) => pixels.map((pixel) => ({ name, pixel }))))(
  "$pixel is called $name, as people call it",
  ({ name, pixel }) => {
    expect(colourOf(...pixel)).toBe(name);
  },
);

test("every pixel has a name", () => {
  const level = fc.nat(255);
  fc.assert(
    fc.property(level, level, level, (red, green, blue) => {
      expect(COLOURS).toContain(colourOf(red, green, blue));
    }),
  );
});

test("a thing in the middle is told from what is around it, also where that reaches into the middle", () => {
  const red: Pixel = [210, 30, 40];
  const blue: Pixel = [40, 80, 190];
  const held = picture(640, 480, (x, y) => (Math.hypot(x - 0.5, y - 0.5) < 0.15 ? red : blue));
  expect(middleColours(held)).toEqual(["red"]);
  const striped = picture(640, 480, (x, y) => {
    if (Math.hypot(x - 0.5, y - 0.5) > 0.3) return [250, 250, 250];
    return y < 0.5 ? red : blue;
  });
  expect(new Set(middleColours(striped))).toEqual(new Set(["red", "blue"]));
});

test("a picture of any size and of one colour has that colour and no other", () => {
  const side = fc.integer({ min: 1, max: 50 });
  fc.assert(
    fc.property(side, side, fc.constantFrom(...Object.keys(NAMED)), (width, height, name) => {
      const plain = picture(width, height, () => NAMED[name]![0]!);
      expect(middleColours(plain)).toEqual([name]);
    }),
  );
});
