import fc from "fast-check";
import { expect, test } from "vitest";

import { isSameScene, sceneGrid, sceneDifference, type Picture } from "../../vision/index.ts";

type Pixel = number | readonly [red: number, green: number, blue: number];

function picture(width: number, height: number, pixel: (x: number, y: number) => Pixel): Picture {
  const rgb = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++) {
    const value = pixel(at % width, Math.floor(at / width));
    rgb.set(typeof value === "number" ? [value, value, value] : value, 3 * at);
  }
  return { width, height, rgb };
}

const noise = (level: number) => (x: number, y: number) => level + ((x * 7919 + y * 104_729) % 17) - 8;

test("any size of picture has a grid of the same length, in [0, 1]", () => {
  const side = fc.integer({ min: 1, max: 70 });
  fc.assert(
    fc.property(side, side, fc.nat(255), (width, height, level) => {
      const grid = sceneGrid(picture(width, height, () => level));
      expect(grid).toHaveLength(576);
      for (const cell of grid) expect(cell).toBeCloseTo(level / 255, 4);
    }),
  );
});

test("a difference is the same both ways, 0 to itself and 1 at most", () => {
  const cells = fc.float32Array({ min: 0, max: 1, noNaN: true, minLength: 576, maxLength: 576 });
  fc.assert(
    fc.property(cells, cells, (a, b) => {
      const [to, back] = [sceneDifference(a, b), sceneDifference(b, a)];
      expect(sceneDifference(a, a)).toEqual({ overall: 0, local: 0 });
      expect(to.overall).toBeCloseTo(back.overall, 10);
      expect(to.local).toBe(back.local);
      expect(to.overall).toBeLessThanOrEqual(to.local + 1e-9);
      expect(to.local).toBeLessThanOrEqual(1);
    }),
  );
});

test("a camera's noise is no change, a hand that comes into view is one", () => {
  const still = sceneGrid(picture(320, 240, noise(120)));
  const again = sceneGrid(picture(320, 240, (x, y) => noise(120)(x + 3, y + 5)));
  const hand = sceneGrid(
    picture(320, 240, (x, y) => (x > 200 && x < 280 && y > 120 && y < 220 ? 200 : noise(120)(x, y))),
  );
  expect(isSameScene(still, again)).toBe(true);
  expect(isSameScene(still, hand)).toBe(false);
});

test("a small thing that gives way to one that is as bright is a change, or the old one would be talked about", () => {
  const held = (colour: Pixel): Float32Array =>
    sceneGrid(
      picture(320, 240, (x, y) => (x >= 140 && x < 180 && y >= 100 && y < 140 ? colour : noise(120)(x, y))),
    );
  const [red, green] = [held([200, 60, 60]), held([60, 131, 60])];
  expect(sceneDifference(red, green).overall).toBeLessThan(0.005);
  expect(isSameScene(red, green)).toBe(false);
  expect(isSameScene(red, held([205, 64, 56]))).toBe(true);
});
