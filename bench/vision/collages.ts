import sharp from "sharp";

import type { BenchOptions } from "../bench.ts";
import { LIMITS } from "../limits.ts";
import { single } from "../report.ts";
import { answerAbout, decode, type Eyes, isNamed, type Photo, seeded } from "./eyes.ts";
import type { Part } from "./vision.ts";

/** Of each kind of question; half of them left, or yes. */
const QUESTIONS = 40;
const HALF = { width: 320, height: 480 } as const;
const SEED = 11;

/** Two photos beside each other. */
interface Collage {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly left: Photo;
  readonly right: Photo;
}

interface Asked {
  readonly question: string;
  readonly shown: string;
  readonly answer: string;
  /** Of questions of yes and no. */
  readonly said?: "yes" | "no" | undefined;
  readonly right: boolean;
}

/** What is on the left, on the right, and whether there is something, in frames that show two things. */
export async function measureCollages(
  photos: readonly Photo[],
  eyes: Eyes,
  { pack, note }: BenchOptions,
): Promise<Part> {
  note(`asking about ${QUESTIONS} collages, twice`);
  const random = seeded(SEED);
  const pick = (from: readonly Photo[]): Photo => {
    const photo = from[Math.floor(random() * from.length)];
    if (photo === undefined) throw new Error("too few photos that show different kinds of things");
    return photo;
  };
  const sides: Asked[] = [];
  const presences: Asked[] = [];
  for (let index = 0; index < QUESTIONS; index++) {
    const left = pick(photos);
    const right = pick(photos.filter((photo) => !shareKind(photo, left)));
    const absent = pick(photos.filter((photo) => !shareKind(photo, left) && !shareKind(photo, right)));
    const collage = await makeCollage(index, left, right);
    const bySide = index % 2 === 0 ? "left" : "right";
    sides.push(await askSide(collage, bySide, eyes));
    const present = index % 4 < 2 ? left : right;
    presences.push(await askPresence(collage, index % 2 === 0 ? present : absent, eyes));
  }
  const share = (asked: readonly Asked[]): number => asked.filter(({ right }) => right).length / asked.length;
  return {
    figures: [
      single(
        `left and right, ${QUESTIONS} collages: names it, or its kind`,
        "share",
        share(sides),
        LIMITS.sides[pack],
      ),
      single(
        `"Is there a …?", ${QUESTIONS} collages, half of them yes`,
        "share",
        share(presences),
        LIMITS.presence[pack],
      ),
      single("  answered with yes", `of ${QUESTIONS}`, presences.filter(({ said }) => said === "yes").length),
    ],
    notes: [...sides, ...presences]
      .filter(({ right }) => !right)
      .map(({ question, shown, answer }) => `wrong: ${shown}: "${question}" "${answer}"`),
    details: { sides, presences },
  };
}

/**
 * What an answer to "Is there a …?" says: by its first word, as "There is no …", or by what it says that the camera shows or does
 * not show; undefined where that is neither.
 */
export function yesOrNo(answer: string, thing: string): "yes" | "no" | undefined {
  if (/^\W*(?:no\b|there (?:is|are) no|i (?:do not|don't|cannot|can't) see)/iu.test(answer)) return "no";
  if (/^\W*(?:yes|there (?:is|are))\b/iu.test(answer)) return "yes";
  const words = answer.toLowerCase();
  if (/\bdoes ?n(?:o|')t ?show|\bis not in\b/u.test(words)) return "no";
  const name = thing.toLowerCase();
  const asserted = ["shows a ", "shows an ", "shows the ", "shows "].map((verb) => `${verb}${name}`);
  return [...asserted, `${name} is in`].some((phrase) => words.includes(phrase)) ? "yes" : undefined;
}

/** A pair of two dogs has no wrong answer. */
function shareKind(one: Photo, other: Photo): boolean {
  return one.kinds[0] === other.kinds[0] || one.file === other.file;
}

async function makeCollage(index: number, left: Photo, right: Photo): Promise<Collage> {
  const half = ({ bytes }: Photo): Promise<Buffer> =>
    sharp(bytes)
      .resize({ ...HALF, fit: "cover" })
      .toBuffer();
  const bytes = await sharp({
    create: { width: 2 * HALF.width, height: HALF.height, channels: 3, background: "black" },
  })
    .composite([
      { input: await half(left), left: 0, top: 0 },
      { input: await half(right), left: HALF.width, top: 0 },
    ])
    .jpeg()
    .toBuffer();
  return { id: `collage ${index}`, bytes: Uint8Array.from(bytes), left, right };
}

async function askSide(collage: Collage, side: "left" | "right", eyes: Eyes): Promise<Asked> {
  const question = `What is on the ${side}?`;
  const { names, kinds } = collage[side];
  const answer = await ask(collage, question, eyes);
  return { question, shown: describe(collage), answer, right: isNamed(answer, [...names, ...kinds]) };
}

async function askPresence(collage: Collage, thing: Photo, eyes: Eyes): Promise<Asked> {
  const article = /^[aeiou]/iu.test(thing.clear) ? "an" : "a";
  const question = `Is there ${article} ${thing.clear} in the picture?`;
  const answer = await ask(collage, question, eyes);
  const isThere = thing === collage.left || thing === collage.right;
  const said = yesOrNo(answer, thing.clear);
  return { question, shown: describe(collage), answer, said, right: said === (isThere ? "yes" : "no") };
}

async function ask({ id, bytes }: Collage, question: string, eyes: Eyes): Promise<string> {
  const picture = await decode(bytes, eyes);
  const sighting = await eyes.seeing.sight.look({ picture, urgency: "asked" }, eyes);
  return (await answerAbout({ id, bytes, picture, sighting }, question, eyes)).answer;
}

function describe({ left, right }: Collage): string {
  return `${left.clear} and ${right.clear}`;
}
