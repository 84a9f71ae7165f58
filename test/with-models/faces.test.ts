import { readdir, readFile } from "node:fs/promises";

import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";

import { createFaceFinder, openFaceEngine } from "../../models/faces/blaze-face.ts";
import { decodePicture } from "../../models/pictures/decode.ts";
import type { SeenFace } from "../../streaming/index.ts";
import { directClient } from "../support/direct-client.ts";
import { haveModels, modelPath } from "../support/models.ts";
import { hasSharedData, sharedDataPath } from "../support/shared-data.ts";

const fixture = new URL("../fixtures/vision/astronaut.jpg", import.meta.url);

describe.skipIf(!haveModels())("faces", () => {
  let find: (file: Uint8Array) => Promise<readonly SeenFace[]>;

  beforeAll(async () => {
    const engine = await openFaceEngine({ modelPath: modelPath("face-detection"), threads: 1 });
    const finder = createFaceFinder(directClient(engine));
    find = async (file) => await finder(await decodePicture(file), new AbortController());
  });

  /** A frame of a camera with people before a wall: the portrait at these places, 240 px high. */
  async function scene(
    places: readonly (readonly [left: number, top: number])[],
    size = 240,
  ): Promise<Uint8Array> {
    const portrait = await sharp(await readFile(fixture))
      .resize(size, size)
      .toBuffer();
    const background = { r: 120, g: 110, b: 100 };
    return await sharp({ create: { width: 640, height: 480, channels: 3, background } })
      .composite(places.map(([left, top]) => ({ input: portrait, left, top })))
      .jpeg()
      .toBuffer();
  }

  test("a portrait has one face, where it is", async () => {
    const faces = await find(await readFile(fixture));
    expect(faces).toHaveLength(1);
    const { left, top, width, height } = faces[0]!;
    const center = [left + width / 2, top + height / 2];
    expect(center[0]).toBeCloseTo(0.44, 1);
    expect(center[1]).toBeCloseTo(0.24, 1);
    expect(width).toBeGreaterThan(0.1);
    expect(height).toBeLessThan(0.4);
  });

  test("in a frame of a camera as many people as are there are found, and on their side", async () => {
    const left = await find(await scene([[20, 100]]));
    expect(left.map((face) => face.left + face.width / 2 < 0.4)).toEqual([true]);
    const right = await find(await scene([[390, 200]]));
    expect(right.map((face) => face.left + face.width / 2 > 0.6)).toEqual([true]);
    expect(
      await find(
        await scene([
          [20, 100],
          [390, 200],
        ]),
      ),
    ).toHaveLength(2);
    expect(await find(await scene([]))).toHaveLength(0);
  });

  test.skipIf(!hasSharedData)(
    "things are nobody: of photographs of animals and things at most one in eight has a face (some show people)",
    async () => {
      const names = (await readdir(sharedDataPath("pictures"))).filter((name) => name.endsWith(".jpg"));
      const withFaces: string[] = [];
      for (const name of names) {
        const faces = await find(await readFile(sharedDataPath(`pictures/${name}`)));
        if (faces.length > 0) withFaces.push(name);
      }
      console.log(`faces in ${withFaces.length} of ${names.length}: ${withFaces.join(" ")}`);
      expect(withFaces.length).toBeLessThanOrEqual(names.length / 8);
    },
  );
});
