import sharp from "sharp";

import type { BenchOptions } from "../bench.ts";
import { LIMITS } from "../limits.ts";
import { single } from "../report.ts";
import { editDistance } from "../scoring.ts";
import { SENTENCES } from "../sentences.ts";
import { decode, type Eyes } from "./eyes.ts";
import type { Part } from "./vision.ts";

const FRAME = { width: 640, height: 480 } as const;
const ANGLES = [-10, -6, -3, 0, 3, 6, 10];
const FONTS = ["DejaVu Sans 24", "DejaVu Serif 28", "DejaVu Sans Mono 22"];
const PAGES = 14;

/** Printed sentences in frames of 640 × 480, at angles up to 10°: the share of characters that are read right. */
export async function measurePrint(eyes: Eyes, { pack, note }: BenchOptions): Promise<Part> {
  note(`reading ${PAGES} printed sentences`);
  let characters = 0;
  let errors = 0;
  const notes: string[] = [];
  for (const [index, sentence] of SENTENCES.slice(0, PAGES).entries()) {
    const angle = ANGLES[index % ANGLES.length] ?? 0;
    const picture = await decode(await page(sentence, FONTS[index % FONTS.length] ?? "", angle), eyes);
    const lines = await eyes.seeing.reader.read({ picture, urgency: "asked", isClose: true }, eyes);
    const read = lines.map(({ text }) => text).join(" ");
    const wrong = editDistance(squeezed(sentence), squeezed(read));
    characters += squeezed(sentence).length;
    errors += wrong;
    if (wrong > 0) notes.push(`${wrong} characters wrong at ${angle}°: "${read}"`);
  }
  const share = 1 - errors / characters;
  return {
    figures: [
      single(`printed sentences, ${PAGES} at up to 10°: characters`, "share", share, LIMITS.print[pack]),
    ],
    notes,
    details: { characters, errors },
  };
}

async function page(sentence: string, font: string, angle: number): Promise<Uint8Array> {
  const text = await sharp({ text: { text: sentence, font, width: 520, dpi: 72, rgba: true } })
    .rotate(angle, { background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .png()
    .toBuffer();
  const paper = sharp({ create: { ...FRAME, channels: 3, background: { r: 235, g: 232, b: 225 } } });
  return Uint8Array.from(
    await paper
      .composite([{ input: text }])
      .jpeg()
      .toBuffer(),
  );
}

/** Where lines break says nothing. */
function squeezed(text: string): string {
  return text.replace(/\s+/gu, " ").trim();
}
