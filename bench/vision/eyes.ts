import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { parseClassNames } from "../../models/vit/class-names.ts";
import type { ClassName } from "../../models/vit/class-names.ts";
import type { Models } from "../../src/compose.ts";
import type { Config } from "../../src/config.ts";
import { projectFile } from "../../src/project.ts";
import type { Seeing } from "../../src/seeing.ts";
import {
  type AskedPicture,
  askedNotes,
  type ChatMessage,
  SEEING,
  sightParts,
} from "../../streaming/index.ts";
import type { Picture } from "../../vision/index.ts";

/** What looks and answers. */
export interface Eyes {
  readonly config: Config;
  readonly models: Models<"languageModel">;
  readonly seeing: Seeing;
  readonly signal: AbortSignal;
}

/** A photo of one class of ImageNet. */
export interface Photo {
  readonly file: string;
  /** Id of the WordNet noun of what it shows. */
  readonly wnid: string;
  readonly bytes: Uint8Array;
  /** How the encoder says it, if asked to be clear. */
  readonly clear: string;
  /** What it may be called. */
  readonly names: readonly string[];
  /** What kind of thing it is, the nearest kind first. */
  readonly kinds: readonly string[];
}

/** Photos and the names of what they show; not part of the project. */
const PICTURES = "../shared/data/pictures";
const NAMES = "models/vit/weights/imagenet-names.json";
const ANSWER_TOKENS = 40;

/** Reads the photos. @throws Error where there are none. */
export async function readPhotos(): Promise<Photo[]> {
  const table = await readFile(projectFile(join(PICTURES, "labels.csv")), "utf8").catch(() => "");
  const classes = await readClasses();
  const photos: Photo[] = [];
  // `file,wnid,"name, name"`, a heading first.
  for (const line of table.split(/\r?\n/u).slice(1)) {
    const [, file, wnid, names] = /^([^,]+),([^,]+),"?([^"]*)"?$/u.exec(line) ?? [];
    if (file === undefined || wnid === undefined || names === undefined) continue;
    const known = classes.find((one) => one.wnid === wnid);
    photos.push({ file, wnid, bytes: await readPhoto(file), ...namesOf(names.split(", "), known) });
  }
  if (photos.length === 0) throw new Error(`no photos in ${PICTURES}: this bench needs them`);
  return photos;
}

/** What the encoder tells apart, in the order of its outputs. */
export async function readClasses(): Promise<readonly ClassName[]> {
  return parseClassNames(await readFile(projectFile(NAMES), "utf8"));
}

async function readPhoto(file: string): Promise<Uint8Array> {
  return Uint8Array.from(await readFile(projectFile(join(PICTURES, file))));
}

function namesOf(given: readonly string[], known: ClassName | undefined) {
  const clear = known?.clear ?? given[0] ?? "";
  return { clear, names: [...given, ...(known?.names ?? []), clear], kinds: known?.kinds ?? [] };
}

export async function decode(bytes: Uint8Array, { seeing, signal }: Eyes): Promise<Picture> {
  return await seeing.decoder.decode(bytes, { signal });
}

/** What a conversation would be answered that shows this and asks that, and of how many tokens its prompt was. */
export async function answerAbout(
  seen: Pick<AskedPicture, "picture" | "sighting"> & { readonly id: string; readonly bytes: Uint8Array },
  question: string,
  { config, models, seeing, signal }: Eyes,
): Promise<{ readonly answer: string; readonly tokens: number }> {
  const { id, bytes, picture, sighting } = seen;
  const frame = { type: "frame", id, embeddings: sighting.tokens, jpeg: bytes } as const;
  const asked = askedNotes({ picture, sighting, question }, seeing.sight);
  const content = [
    ...sightParts(frame, sighting, { lines: [], asked }),
    { type: "text", text: question } as const,
  ];
  const { systemPrompt, sampling } = config.conversation;
  const messages: ChatMessage[] = [
    { role: "system", content: `${systemPrompt} ${SEEING}` },
    { role: "user", content },
  ];
  const request = { seat: "vision", messages, maxTokens: ANSWER_TOKENS, sampling, stop: [] };
  let answer = "";
  let tokens = 0;
  for await (const event of models.languageModel.generate(request, { signal })) {
    if (event.type === "prompt-ready") tokens = event.promptTokens;
    if (event.type === "text-delta") answer += event.text;
  }
  return { answer: answer.trim(), tokens };
}

/** Whether one of the names, or its last word ("poodle" of "standard poodle"), is among the words. */
export function isNamed(text: string, names: readonly string[]): boolean {
  const words = ` ${plain(text)} `;
  return names.some((name) => {
    // Of "drop-off" the last word is all of it.
    const last = plain(name.split(" ").at(-1) ?? "");
    return [plain(name), last].some((part) => words.includes(` ${part} `) || words.includes(` ${part}s `));
  });
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z]+/gu, " ")
    .trim();
}

/** Numbers from 0 to 1 that are the same in every run (Park and Miller's minimal standard). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
