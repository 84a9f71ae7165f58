import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";

import { fileFingerprint } from "../models/onnx/index.ts";
import { compiledFolder, taughtFile } from "../models/packs/index.ts";
import { createPictureDecoder } from "../models/pictures/engine.ts";
import { PRIORITY } from "../models/runtime/engine.ts";
import { singleChunk } from "../models/runtime/single-chunk.ts";
import { WorkerHost } from "../models/runtime/worker-host.ts";
import {
  type Lesson,
  readBackground,
  readTaught,
  taughtBytes,
  TaughtThings,
} from "../models/vit/taught-things.ts";
import { AntiphonError, toAntiphonError } from "../streaming/index.ts";
import { labelledPictures } from "./labelled-pictures.ts";
import { projectFile } from "./project.ts";

/** Something that was taught. */
export interface Taught {
  readonly label: string;
  /** How many pictures of it. */
  readonly pictures: number;
  /** How many of these are recognised; fewer than all where two labels look alike. */
  readonly recognized: number;
}

/** The whole of a picture, and its middle, as if it were nearer. */
const VIEWS = ["whole", "center"] as const;
/** Equations that take seconds. */
const MOST_PICTURES = 500;
const RECOGNIZED = 0.5;

const WEIGHTS = "models/vit/weights";
const ENCODER = projectFile(`${WEIGHTS}/hybrid-vit.safetensors`);

/**
 * Teaches the eyes what the pictures of a folder show (see `labelledPictures`), from the next start on; a label that was
 * taught before is taught anew, the others stay.
 * @returns all that is taught now.
 * @throws AntiphonError for a folder or picture that cannot be used, naming it: then nothing changes.
 */
export async function teach(folder: string, { signal }: { readonly signal: AbortSignal }): Promise<Taught[]> {
  const pictures = await labelledPictures(folder);
  const taught = await readTaught(taughtFile(), await encoderFingerprint());
  const anew = new Set(pictures.map(({ label }) => label));
  const kept = (taught?.lessons ?? []).filter(({ label }) => !anew.has(label));
  if (kept.length / VIEWS.length + pictures.length > MOST_PICTURES)
    throw new AntiphonError("config-invalid", `at most ${MOST_PICTURES} pictures can be taught in all`);
  const host = await openEyes(signal);
  try {
    const lessons = [...kept];
    for (const picture of pictures) lessons.push(...(await lessonsOf(picture, host, signal)));
    return await keep(lessons);
  } finally {
    await host[Symbol.asyncDispose]();
  }
}

/** All that is taught. @throws AntiphonError `checkpoint-invalid` where it cannot be read. */
export async function listTaught(): Promise<Taught[]> {
  const taught = await readTaught(taughtFile(), await encoderFingerprint());
  return taught === undefined ? [] : summary(taught.things, taught.lessons);
}

/**
 * Forgets these labels, or all.
 * @returns what is taught still.
 * @throws AntiphonError `config-invalid` for a label that was never taught: then nothing changes.
 */
export async function forgetTaught(labels: readonly string[] | "all"): Promise<Taught[]> {
  if (labels === "all") {
    await rm(taughtFile(), { force: true });
    return [];
  }
  const lessons = (await readTaught(taughtFile(), await encoderFingerprint()))?.lessons ?? [];
  const unknown = labels.find((label) => !lessons.some((lesson) => lesson.label === label));
  if (unknown !== undefined)
    throw new AntiphonError("config-invalid", `nothing called "${unknown}" was taught`);
  return await keep(lessons.filter(({ label }) => !labels.includes(label)));
}

async function openEyes(signal: AbortSignal): Promise<WorkerHost> {
  return await WorkerHost.open({
    name: "seeing",
    signal,
    engines: {
      pictures: undefined,
      sight: {
        threads: 1,
        weightsPath: ENCODER,
        namesPath: projectFile(`${WEIGHTS}/imagenet-names.json`),
        cacheDirectory: compiledFolder(),
      },
    },
  });
}

async function lessonsOf(
  { label, path }: { readonly label: string; readonly path: string },
  host: WorkerHost,
  signal: AbortSignal,
): Promise<Lesson[]> {
  const eyes = host.client("sight");
  try {
    const bytes = Uint8Array.from(await readFile(path));
    const picture = await createPictureDecoder(host.client("pictures")).decode(bytes, { signal });
    const lessons: Lesson[] = [];
    for (const fit of VIEWS) {
      const job = eyes.run("features", { picture, fit }, { signal, priority: PRIORITY.looking });
      lessons.push({ label, features: await singleChunk(job) });
    }
    return lessons;
  } catch (cause) {
    const { code, message } = toAntiphonError(cause);
    throw new AntiphonError(
      code === "internal" ? "picture-unreadable" : code,
      `${basename(path)}: ${message}`,
      { cause },
    );
  }
}

/** Fits anew and writes, under a temporary name first: a server that starts meanwhile reads the one or the other. */
async function keep(lessons: readonly Lesson[]): Promise<Taught[]> {
  const path = taughtFile();
  if (lessons.length === 0) {
    await rm(path, { force: true });
    return [];
  }
  const background = await readBackground(projectFile(`${WEIGHTS}/background.safetensors`));
  const things = TaughtThings.fit(lessons, background);
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, taughtBytes({ things, lessons }, await encoderFingerprint(), background));
  await rename(draft, path);
  return summary(things, lessons);
}

async function encoderFingerprint(): Promise<string> {
  return await fileFingerprint(ENCODER, compiledFolder());
}

function summary(things: TaughtThings, lessons: readonly Lesson[]): Taught[] {
  return things.labels.map((label, index) => {
    // The first view of each picture is the whole of it.
    const own = lessons.filter((lesson) => lesson.label === label).filter((_, at) => at % VIEWS.length === 0);
    const recognized = own.filter(
      ({ features }) => (things.probabilities(features)[index] ?? 0) >= RECOGNIZED,
    );
    return { label, pictures: own.length, recognized: recognized.length };
  });
}
