import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { PictureEncoder } from "../../web/client/picture-encoder.ts";

/** Of each JPEG, in the order in which they were made. */
let widths: number[];
let bytesPerPixel: number;
let encoder: PictureEncoder;

beforeEach(() => {
  widths = [];
  bytesPerPixel = 0.05;
  const canvas = {
    width: 0,
    height: 0,
    getContext: () => ({ drawImage: vi.fn() }),
    toBlob(take: (blob: Blob) => void) {
      widths.push(this.width);
      take(new Blob([new Uint8Array(this.width * this.height * bytesPerPixel)]));
    },
  };
  vi.stubGlobal("document", { createElement: () => canvas });
  encoder = new PictureEncoder();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const image = {} as CanvasImageSource;
const SCREEN = { image, width: 2560, height: 1440 };

test("a screen is sent sharp, so that it can be read, a camera no sharper than things need", async () => {
  await encoder.encode(SCREEN, "screen");
  await encoder.encode(SCREEN, "camera");
  await encoder.encode({ image, width: 640, height: 480 }, "camera");
  await encoder.encode({ image, width: 800, height: 600 }, "file");
  await encoder.encode({ image, width: 1500, height: 3000 }, "file");
  expect(widths).toEqual([1920, 640, 640, 800, 960]);
});

test("what a server would not take is made smaller at once, and sharp again when there is less in it", async () => {
  bytesPerPixel = 0.2;
  const jpeg = await encoder.encode(SCREEN, "screen");
  expect(jpeg?.size).toBeLessThanOrEqual(200_000);
  expect(widths).toEqual([1920, 1440, 1080]);
  await encoder.encode(SCREEN, "screen");
  expect(widths.slice(3)).toEqual([1440, 1080]);
  bytesPerPixel = 0.05;
  for (let picture = 0; picture < 3; picture += 1) await encoder.encode(SCREEN, "screen");
  expect(widths.slice(5)).toEqual([1440, 1920, 1920]);
});

test("a small picture makes the next one no less sharp, nor does what was in view before", async () => {
  await encoder.encode({ image, width: 64, height: 64 }, "file");
  await encoder.encode(SCREEN, "file");
  bytesPerPixel = 0.2;
  await encoder.encode(SCREEN, "file");
  encoder.reset();
  widths = [];
  await encoder.encode(SCREEN, "file");
  expect(widths[0]).toBe(1920);
});

test("where a line is slow pictures become smaller, so that sound comes through, and sharp again once it is not", async () => {
  bytesPerPixel = 0.08;
  encoder.noteSent(false);
  encoder.noteSent(false);
  expect((await encoder.encode(SCREEN, "screen"))?.size).toBeLessThanOrEqual(50_000);
  for (let picture = 0; picture < 8; picture += 1) {
    encoder.noteSent(true);
    await encoder.encode(SCREEN, "screen");
  }
  expect(widths.at(-1)).toBe(1920);
});

test.each([2560, 1230, 1025, 640, 300])(
  "a picture of %d pixels that is never small enough is sent all the same, as small as a camera's",
  async (width) => {
    bytesPerPixel = 20;
    await encoder.encode({ image, width, height: 100 }, "file");
    await encoder.encode({ image, width, height: 100 }, "file");
    expect(widths.at(-1)).toBe(Math.min(640, width));
  },
);

test("nothing in view makes no picture", async () => {
  expect(await encoder.encode({ image, width: 0, height: 0 }, "camera")).toBeUndefined();
  expect(widths).toEqual([]);
});
