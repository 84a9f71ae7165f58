import fc from "fast-check";
import { expect, test } from "vitest";

import { isSameScene, lumaGrid, sceneDifference, type Picture } from "../../vision/index.ts";

function picture(width: number, height: number, pixel: (x: number, y: number) => number): Picture {
  const rgb = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++)
    rgb.fill(pixel(at % width, Math.floor(at / width)), 3 * at, 3 * at + 3);
  return { width, height, rgb };
}

const noise = (level: number) => (x: number, y: number) => level + ((x * 7919 + y * 104_729) % 17) - 8;

test("any size of picture has a grid of the same length, in [0, 1]", () => {
  const side = fc.integer({ min: 1, max: 70 });
  fc.assert(
    fc.property(side, side, fc.nat(255), (width, height, level) => {
      const grid = lumaGrid(picture(width, height, () => level));
      expect(grid).toHaveLength(192);
      for (const cell of grid) expect(cell).toBeCloseTo(level / 255, 4);
    }),
  );
});

test("a difference is the same both ways, 0 to itself and 1 at most", () => {
  const cells = fc.float32Array({ min: 0, max: 1, noNaN: true, minLength: 192, maxLength: 192 });
  fc.assert(
    fc.property(cells, cells, (a, b) => {
      expect(sceneDifference(a, a)).toBe(0);
      expect(sceneDifference(a, b)).toBeCloseTo(sceneDifference(b, a), 10);
      expect(sceneDifference(a, b)).toBeLessThanOrEqual(1);
    }),
  );
});

test("a camera's noise is no change, a hand that comes into view is one", () => {
  const still = lumaGrid(picture(320, 240, noise(120)));
  const again = lumaGrid(picture(320, 240, (x, y) => noise(120)(x + 3, y + 5)));
  const hand = lumaGrid(
    picture(320, 240, (x, y) => (x > 200 && x < 280 && y > 120 && y < 220 ? 200 : noise(120)(x, y))),
  );
  expect(isSameScene(still, again)).toBe(true);
  expect(isSameScene(still, hand)).toBe(false);
});
