import { readdir, readFile } from "node:fs/promises";
import { deflateSync } from "node:zlib";

import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";

import { createPictureDecoder, openPictureEngine } from "../../../models/pictures/engine.ts";
import { AntiphonError } from "../../../streaming/index.ts";
import { directClient } from "../../support/direct-client.ts";
import { craftedPng, noisePicture, plainPicture, pngChunk } from "../../support/pictures.ts";
import { hasSharedData, sharedDataPath } from "../../support/shared-data.ts";

const decoder = createPictureDecoder(directClient(await openPictureEngine()));
const decode = async (bytes: Uint8Array) => await decoder.decode(bytes, new AbortController());

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const still = await noisePicture("webp", 40, 30);
const jpeg = await noisePicture("jpeg", 400, 300);
const png = await noisePicture("png", 400, 300);

async function moving(): Promise<Uint8Array> {
  const rgb = new Uint8Array(20 * 20 * 3 * 2).map((_, at) => at % 251);
  return await sharp(rgb, { raw: { width: 20, height: 40, channels: 3, pageHeight: 20 } })
    .webp()
    .toBuffer();
}

describe("pictures that are fine", () => {
  test.each(["jpeg", "png", "webp"] as const)("a %s of any size comes out as its pixels", async (format) => {
    const { width, height, rgb } = await decode(
      await plainPicture(format, { width: 33, height: 21 }, { r: 200, g: 100, b: 30 }),
    );
    expect([width, height, rgb.length]).toEqual([33, 21, 33 * 21 * 3]);
    for (const [at, value] of rgb.entries())
      expect(Math.abs(value - ([200, 100, 30][at % 3] ?? 0))).toBeLessThan(4);
  });

  test("grey, and transparency over white, become three channels", async () => {
    const grey = await sharp(new Uint8Array(64).fill(90), { raw: { width: 8, height: 8, channels: 1 } })
      .png()
      .toBuffer();
    expect((await decode(grey)).rgb).toEqual(new Uint8Array(8 * 8 * 3).fill(90));
    const clear = await plainPicture("png", { width: 4, height: 4 }, { r: 0, g: 0, b: 0, alpha: 0 });
    expect((await decode(clear)).rgb).toEqual(new Uint8Array(4 * 4 * 3).fill(255));
  });

  test("a telephone that was held upright does not make people lie", async () => {
    const sideways = await sharp(await noisePicture("jpeg", 64, 32))
      .withMetadata({ orientation: 6 })
      .toBuffer();
    expect(await decode(sideways)).toMatchObject({ width: 32, height: 64 });
  });

  test.each([
    [6000, 4000, 1620, 1080],
    [4000, 6000, 1080, 1620], // a page: shrunk to a screen's height, its print could not be read
  ])(
    "a picture of %d x %d, larger than a screen, is shrunk in proportion",
    async (width, height, ...shrunk) => {
      const decoded = await decode(await plainPicture("jpeg", { width, height }, { r: 1, g: 2, b: 3 }));
      expect([decoded.width, decoded.height]).toEqual(shrunk);
    },
  );

  test("a large picture of a telephone that was held upright is shrunk as it is seen", async () => {
    const sideways = await sharp(
      await plainPicture("jpeg", { width: 3000, height: 2000 }, { r: 1, g: 2, b: 3 }),
    )
      .withMetadata({ orientation: 6 })
      .toBuffer();
    expect(await decode(sideways)).toMatchObject({ width: 1080, height: 1620 });
  });

  test.skipIf(!hasSharedData)("photographs", async () => {
    const names = (await readdir(sharedDataPath("pictures"))).filter((name) => name.endsWith(".jpg"));
    expect(names.length).toBeGreaterThan(50);
    for (const name of names) {
      const { width, height, rgb } = await decode(await readFile(sharedDataPath(`pictures/${name}`)));
      expect(rgb).toHaveLength(width * height * 3);
      expect(Math.max(width, height) <= 1920 && Math.min(width, height) <= 1080).toBe(true);
    }
  });
});

describe("what is no picture, or none that is wanted", () => {
  const control = new Uint8Array(8).fill(1);
  test.each<[string, Uint8Array | Promise<Uint8Array>, string]>([
    ["nothing", new Uint8Array(), "picture-format"],
    ["text", utf8("a picture of a cat"), "picture-format"],
    ["SVG", utf8('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>'), "picture-format"],
    ["XML before SVG", utf8('<?xml version="1.0"?><svg/>'), "picture-format"],
    ["GIF", utf8("GIF89a\x01\0\x01\0\0\0\0;"), "picture-format"],
    ["RIFF that is sound", utf8("RIFF\x24\0\0\0WAVEfmt "), "picture-format"],
    ["a moving WebP", moving(), "picture-animated"],
    [
      "a moving PNG",
      craftedPng({ width: 8, height: 8 }, 16, [pngChunk("acTL", control)]),
      "picture-animated",
    ],
    ["JPEG by its first bytes only", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2, 3), "picture-unreadable"],
    ["PNG by its first bytes only", png.subarray(0, 8), "picture-unreadable"],
    ["half a JPEG", jpeg.subarray(0, jpeg.length / 2), "picture-unreadable"],
    ["half a PNG", png.subarray(0, png.length / 2), "picture-unreadable"],
    ["half a WebP", still.subarray(0, still.length / 2), "picture-unreadable"],
    ["1 x 65,500", craftedPng({ width: 1, height: 65_500 }, 131_000), "picture-too-large"],
    ["16k x 16k", craftedPng({ width: 16_384, height: 16_384 }, 16_384 * 2049), "picture-too-large"],
    [
      "a header that promises 4 gigapixels",
      craftedPng({ width: 65_000, height: 65_000 }, 100),
      "picture-too-large",
    ],
    [
      "more pixels than are there",
      craftedPng({ width: 3000, height: 3000, bitDepth: 16 }, 1000),
      "picture-unreadable",
    ],
    [
      "more bytes than any picture has",
      Buffer.concat([jpeg, new Uint8Array(32 * 2 ** 20)]),
      "picture-too-large",
    ],
  ])("%s is refused with its code", async (_, bytes, code) => {
    const refused = decode(await bytes);
    await expect(refused).rejects.toBeInstanceOf(AntiphonError);
    await expect(refused).rejects.toMatchObject({ code });
  });

  test("a megabyte that unpacks to 400 is read in pieces, or given up in time", async () => {
    const bomb = craftedPng({ width: 14_000, height: 3500, bitDepth: 16 }, 3500 * 28_001);
    const comment = pngChunk(
      "zTXt",
      Buffer.concat([utf8("x\0\0"), deflateSync(new Uint8Array(2 ** 27), { level: 1 })]),
    );
    for (const bytes of [bomb, craftedPng({ width: 8, height: 8 }, 16, [comment])]) {
      const outcome = await decode(bytes).catch((error: unknown) => error);
      if (outcome instanceof AntiphonError) expect(outcome.code).toMatch(/^picture-(timeout|unreadable)$/u);
      else
        expect(outcome).toMatchObject({
          width: expect.toSatisfy((width: number) => width <= 1920) as number,
        });
    }
  });

  test("a picture with wrong bytes somewhere is decoded or refused as one, never anything else", async () => {
    const damage = fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(jpeg, png, still), damage, async (bytes, changes) => {
        const damaged = Uint8Array.from(bytes);
        for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
        const outcome = await decode(damaged).catch((error: unknown) => error);
        if (outcome instanceof Error)
          expect(outcome).toMatchObject({ code: expect.stringMatching(/^picture-/u) as string });
        else expect(outcome).toHaveProperty("rgb");
      }),
      { numRuns: 60 },
    );
  });
});
