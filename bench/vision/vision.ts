import { openModels } from "../../src/compose.ts";
import { loadConfig } from "../../src/config.ts";
import { deferSeeing, seesItself, trainedProjector } from "../../src/seeing.ts";
import { type BenchOptions, type Findings, withCleanup } from "../bench.ts";
import type { Figure } from "../report.ts";
import { measureBadPictures } from "./bad-pictures.ts";
import { measureCollages } from "./collages.ts";
import { measureEncoder } from "./encoder.ts";
import { type Eyes, readPhotos } from "./eyes.ts";
import { measurePeople } from "./people.ts";
import { measurePhotos } from "./photos.ts";
import { measurePrint } from "./print.ts";
import { measureVoice } from "./voice.ts";

/** What one part of the bench found. */
export interface Part {
  readonly figures: readonly (Figure | undefined)[];
  readonly notes: readonly string[];
  readonly details: unknown;
}

export const PARTS = ["encoder", "photos", "collages", "people", "print", "voice", "bad"] as const;

export interface VisionOptions extends BenchOptions {
  /** Only these parts; all by default. */
  readonly part?: readonly (typeof PARTS)[number][];
  /** With the names of what is seen alone, as if no projector were trained. */
  readonly closedForm?: boolean;
}

/** What is seen, as a conversation is told of it, and what it costs. */
export async function measureVision(options: VisionOptions): Promise<Findings> {
  const { pack, signal, part: wanted = PARTS, closedForm = false } = options;
  const config = loadConfig({ overrides: { pack } });
  const photos = await readPhotos();
  const trained = closedForm ? undefined : trainedProjector(config);
  const projector = seesItself(config) ? "its own" : (trained ?? "visual words (closed form)");
  const found = await withCleanup(async (defer) => {
    const opening = { signal, onProgress: () => undefined };
    const models = await openModels(config, ["languageModel"], opening);
    defer(() => models.close());
    const seeing = await deferSeeing(config, { ...opening, untrained: closedForm });
    defer(() => seeing.close());
    await seeing.ready();
    const eyes: Eyes = { config, models, seeing, signal };
    const parts: Part[] = [];
    if (wanted.includes("encoder")) parts.push(await measureEncoder(photos, eyes, options));
    if (wanted.includes("photos")) parts.push(await measurePhotos(photos, eyes, options));
    if (wanted.includes("collages")) parts.push(await measureCollages(photos, eyes, options));
    if (wanted.includes("people")) parts.push(await measurePeople(photos, eyes, options));
    if (wanted.includes("print")) parts.push(await measurePrint(eyes, options));
    return parts;
  });
  // With a server of its own, and nobody beside it.
  if (wanted.includes("voice")) found.push(await measureVoice(photos, options));
  if (wanted.includes("bad")) found.push(await measureBadPictures(photos, options));
  return {
    settings: { pack, photos: photos.length, projector },
    figures: found.flatMap(({ figures }) => figures),
    notes: found.flatMap(({ notes }) => notes),
    details: found.map(({ details }) => details),
  };
}
