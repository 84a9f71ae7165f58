import fc from "fast-check";
import { expect, test } from "vitest";

import {
  EFFICIENTNET_LITE2_PREPARATION,
  type Picture,
  prepare,
  resize,
  type ResizeKernel,
} from "../../vision/index.ts";
import reference from "../fixtures/vision/resize.json" with { type: "json" };

const source: Picture = { ...reference, rgb: Uint8Array.from(reference.rgb) };

test.each(reference.results)(
  "$kernel to $width x $height is what Pillow makes of it",
  ({ kernel, rgb, ...size }) => {
    const resized = resize(source, size, kernel as ResizeKernel);
    const differences = resized.rgb.map((value, at) => Math.abs(value - (rgb[at] ?? 0)));
    expect(resized.rgb).toHaveLength(rgb.length);
    expect(Math.max(...differences)).toBeLessThanOrEqual(1);
  },
);

test("no reduction or enlargement changes the colour of a plain picture, at its edges neither", () => {
  const side = fc.integer({ min: 1, max: 40 });
  const kernel = fc.constantFrom<ResizeKernel>("bilinear", "bicubic", "lanczos");
  fc.assert(
    fc.property(
      side,
      side,
      side,
      side,
      kernel,
      fc.nat(255),
      (width, height, toWidth, toHeight, name, level) => {
        const plain = { width, height, rgb: new Uint8Array(width * height * 3).fill(level) };
        const { rgb } = resize(plain, { width: toWidth, height: toHeight }, name);
        expect(rgb).toEqual(new Uint8Array(toWidth * toHeight * 3).fill(level));
      },
    ),
  );
});

test("a box is cut out, not the whole picture squeezed", () => {
  const rgb = Uint8Array.from({ length: 8 * 4 * 3 }, (_, at) => (Math.floor(at / 3) % 8 < 4 ? 0 : 255));
  const right = { left: 4, top: 0, width: 4, height: 4 };
  const cut = resize({ width: 8, height: 4, rgb }, { width: 4, height: 4 }, "bilinear", right);
  expect(cut.rgb.every((value) => value === 255)).toBe(true);
});

test("an encoder gets planes of red, green, blue in its own scale; a whole frame keeps its edges, a centre does not", () => {
  const rgb = new Uint8Array(400 * 300 * 3);
  for (let pixel = 0; pixel < 400 * 300; pixel++)
    rgb.set(pixel % 400 < 20 ? [255, 255, 255] : [255, 127, 0], 3 * pixel);
  const whole = prepare({ width: 400, height: 300, rgb }, EFFICIENTNET_LITE2_PREPARATION, "whole");
  const center = prepare({ width: 400, height: 300, rgb }, EFFICIENTNET_LITE2_PREPARATION, "center");
  const middle = 130 * 260 + 130;
  for (const values of [whole, center]) {
    expect(values).toHaveLength(3 * 260 * 260);
    const channels = [0, 1, 2].map((channel) => values[channel * 260 * 260 + middle]);
    expect(channels).toEqual([1, 0, -127 / 128]);
  }
  const blueAtLeft = 2 * 260 * 260 + 130 * 260;
  expect([whole[blueAtLeft], center[blueAtLeft]]).toEqual([1, -127 / 128]);
});
