import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";

import { AntiphonError } from "../streaming/index.ts";

/** A picture of something that its place or name says. */
export interface LabelledPicture {
  readonly label: string;
  readonly path: string;
}

const PICTURE_NAMES = new Set([".jpg", ".jpeg", ".png", ".webp"]);
/** What can be said in a few words, and is no mark of a prompt. */
const LABEL = /^[\p{L}\p{N}][\p{L}\p{N}' .-]{0,39}$/u;

/**
 * The pictures of a folder: those of a folder below it are called what that folder is called, those in it what they are
 * called themselves, a number at the end aside (`red mug 2.jpg`). An underscore is a space.
 * @throws AntiphonError `picture-unreadable` where there is no picture, `config-invalid` for a label that nobody
 * can say.
 */
export async function labelledPictures(folder: string): Promise<LabelledPicture[]> {
  const entry = await stat(folder).catch(() => undefined);
  if (entry?.isDirectory() !== true)
    throw new AntiphonError("picture-unreadable", `${folder} is no folder of pictures`);
  const found: LabelledPicture[] = [];
  for (const { name, isFolder } of await entriesOf(folder)) {
    const path = join(folder, name);
    if (isFolder) found.push(...(await picturesOf(path, labelOf(name))));
    else if (isPicture(name)) found.push({ label: labelOf(withoutNumber(name)), path });
  }
  if (found.length > 0) return found;
  throw new AntiphonError(
    "picture-unreadable",
    `${folder} holds no JPEG, PNG or WebP: put pictures of a thing into a folder with its name, or name a picture after it`,
  );
}

async function picturesOf(folder: string, label: string): Promise<LabelledPicture[]> {
  const pictures = (await entriesOf(folder)).filter(({ name, isFolder }) => !isFolder && isPicture(name));
  if (pictures.length > 0) return pictures.map(({ name }) => ({ label, path: join(folder, name) }));
  throw new AntiphonError("picture-unreadable", `${folder} holds no JPEG, PNG or WebP`);
}

/** By name; what is hidden is not meant. */
async function entriesOf(folder: string): Promise<{ readonly name: string; readonly isFolder: boolean }[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter(({ name }) => !name.startsWith("."))
    .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
    .sort((one, other) => one.name.localeCompare(other.name, "en"));
}

function isPicture(name: string): boolean {
  return PICTURE_NAMES.has(extname(name).toLowerCase());
}

function withoutNumber(name: string): string {
  const bare = name.slice(0, -extname(name).length);
  return bare.replace(/[ _-]*\(?\d+\)?$/u, "") || bare;
}

function labelOf(name: string): string {
  const label = name.normalize("NFKC").replaceAll("_", " ").replace(/\s+/gu, " ").trim();
  if (LABEL.test(label)) return label;
  throw new AntiphonError(
    "config-invalid",
    `"${name}" cannot be said: a label is up to 40 letters, digits, spaces, dots, hyphens and apostrophes`,
  );
}
