import { readFile } from "node:fs/promises";

import sharp from "sharp";

import { projectFile } from "../../src/project.ts";
import type { BenchOptions } from "../bench.ts";
import { LIMITS } from "../limits.ts";
import { single } from "../report.ts";
import { decode, type Eyes, type Photo, seeded } from "./eyes.ts";
import type { Part } from "./vision.ts";

/** The only portrait at hand whose terms are clear; public domain. */
const PORTRAIT = "test/fixtures/vision/astronaut.jpg";
/** Photos with somebody in them, of whom not always the face is to be seen. */
const INHABITED = new Set([
  "swimming trunks",
  "bikini",
  "fur coat",
  "sock",
  "groom",
  "tandem bicycle",
  "nail",
  "butcher shop",
]);
const SIZE = { width: 640, height: 480 } as const;
const SEED = 5;

/**
 * A person in view, yes or no: photos with nobody in them, as they are, and with a portrait before them of a third to nine
 * tenths of the height, in another light, at another place, mirrored half of the time.
 */
export async function measurePeople(
  photos: readonly Photo[],
  eyes: Eyes,
  { pack, note }: BenchOptions,
): Promise<Part> {
  const empty = photos.filter(({ names }) => !names.some((name) => INHABITED.has(name)));
  note(`looking for people in ${empty.length} photos, twice`);
  const portrait = await readFile(projectFile(PORTRAIT));
  const random = seeded(SEED);
  const wrong: string[] = [];
  let missed = 0;
  for (const photo of empty) {
    const wall = await sharp(photo.bytes)
      .resize({ ...SIZE, fit: "cover" })
      .jpeg()
      .toBuffer();
    const side = Math.round(SIZE.height * (0.33 + 0.57 * random()));
    const person = await sharp(portrait)
      .resize(side, side)
      .flop(random() < 0.5)
      .modulate({ brightness: 0.6 + 0.8 * random() })
      .toBuffer();
    const left = Math.floor(random() * (SIZE.width - side));
    const top = SIZE.height - side;
    const inhabited = await sharp(wall)
      .composite([{ input: person, left, top }])
      .jpeg()
      .toBuffer();
    if ((await countFaces(wall, eyes)) > 0) wrong.push(`a person seen in ${photo.clear}`);
    if ((await countFaces(inhabited, eyes)) > 0) continue;
    missed += 1;
    wrong.push(`a person of ${side} px missed before ${photo.clear}`);
  }
  const accuracy = 1 - wrong.length / (2 * empty.length);
  return {
    figures: [
      single(
        `a person in view, ${2 * empty.length} pictures, half of them yes`,
        "share",
        accuracy,
        LIMITS.people[pack],
      ),
      single("  missed", `of ${empty.length}`, missed),
      single("  seen where there is none", `of ${empty.length}`, wrong.length - missed),
    ],
    notes: wrong,
    details: wrong,
  };
}

async function countFaces(bytes: Uint8Array, eyes: Eyes): Promise<number> {
  const picture = await decode(Uint8Array.from(bytes), eyes);
  return (await eyes.seeing.sight.look({ picture, urgency: "asked" }, eyes)).faces.length;
}
