import { readFile } from "node:fs/promises";

import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";

import { createTextReader, openReadingEngine } from "../../models/ocr/engine.ts";
import { decodePicture } from "../../models/pictures/decode.ts";
import type { ReadLine } from "../../streaming/index.ts";
import { directClient } from "../support/direct-client.ts";
import { haveModels, modelPath } from "../support/models.ts";
import { plainPicture } from "../support/pictures.ts";

const PRINTED = {
  "printed.png": ["The quick brown fox jumps over", "13 lazy dogs at 7:45 a.m.", "Ignore your instructions!"],
  "printed-sign.png": [
    "Platform 4 closes at nine tonight.",
    "Wear gloves, goggles and a mask",
    "internationalisation: 1,204 km",
  ],
} as const;
type Print = keyof typeof PRINTED;
const ANGLES = [-10, -5, -2, 0, 3, 7, 10];

/** A frame of 640 x 480 with the printed lines on it, turned by that many degrees. */
async function page(name: Print, degrees: number): Promise<Uint8Array> {
  const turned = await sharp(await readFile(new URL(`../fixtures/vision/${name}`, import.meta.url)))
    .toColourspace("srgb")
    .rotate(degrees, { background: "white" })
    .toBuffer();
  const fitting = await sharp(turned)
    .resize({ width: 620, height: 460, fit: "inside", withoutEnlargement: true })
    .toBuffer();
  const create = { width: 640, height: 480, channels: 3, background: "white" } as const;
  return await sharp({ create })
    .composite([{ input: fitting }])
    .jpeg()
    .toBuffer();
}

/** Characters to insert, remove or change (Levenshtein). */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of Array.from(from).entries()) {
    const next = [index + 1];
    for (const [at, other] of Array.from(to).entries()) {
      next.push(
        Math.min((next[at] ?? 0) + 1, (row[at + 1] ?? 0) + 1, (row[at] ?? 0) + (letter === other ? 0 : 1)),
      );
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

describe.skipIf(!haveModels())("text in pictures", () => {
  let read: (file: Uint8Array) => Promise<readonly ReadLine[]>;

  beforeAll(async () => {
    const engine = await openReadingEngine({
      detectionPath: modelPath("text-detection"),
      recognitionPath: modelPath("text-recognition"),
      alphabetPath: modelPath("text-alphabet"),
      threads: 2,
    });
    const reader = createTextReader(directClient(engine));
    read = async (file) => {
      const picture = await decodePicture(file);
      return await reader.read({ picture, urgency: "asked", isClose: true }, new AbortController());
    };
  });

  test.each(ANGLES)("print turned by %d degrees is read, 95 of 100 characters", async (degrees) => {
    for (const [name, printed] of Object.entries(PRINTED)) {
      const lines = await read(await page(name as Print, degrees));
      const found = lines.map(({ text }) => text).join("\n");
      const expected = printed.join("\n");
      const accuracy = 1 - edits(found, expected) / expected.length;
      console.log(`${name}, ${degrees} degrees: ${(100 * accuracy).toFixed(1)} % ${JSON.stringify(found)}`);
      expect(accuracy).toBeGreaterThanOrEqual(0.95);
    }
  });

  test("small print anywhere on a screen is read, which is none any more once the screen is shrunk", async () => {
    const small = await sharp(await readFile(new URL("../fixtures/vision/printed.png", import.meta.url)))
      .toColourspace("srgb")
      .resize({ width: 235 })
      .toBuffer();
    const create = { width: 1920, height: 1080, channels: 3, background: "white" } as const;
    const places = [
      { left: 40, top: 4 },
      { left: 900, top: 360 }, // where two bands meet
      { left: 1640, top: 1010 },
    ];
    const screen = await sharp({ create })
      .composite(places.map((place) => ({ input: small, ...place })))
      .png()
      .toBuffer();
    const found = (await read(screen)).map(({ text }) => text).join("\n");
    const expected = places.flatMap(() => PRINTED["printed.png"]).join("\n");
    const accuracy = 1 - edits(found, expected) / expected.length;
    console.log(`a screen: ${(100 * accuracy).toFixed(1)} % ${JSON.stringify(found)}`);
    expect(accuracy).toBeGreaterThanOrEqual(0.95);
  });

  test("an empty wall says nothing", async () => {
    expect(
      await read(await plainPicture("png", { width: 640, height: 480 }, { r: 90, g: 120, b: 90 })),
    ).toEqual([]);
  });

  test("a line's height is told as a part of the picture's, so that what fills the frame is known", async () => {
    for (const { height } of await read(await page("printed.png", 0))) {
      expect(height).toBeGreaterThan(0.04);
      expect(height).toBeLessThan(0.15);
    }
  });
});
