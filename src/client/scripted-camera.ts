import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";

import { asCameraPicture } from "../../models/pictures/decode.ts";
import { AntiphonError } from "../../streaming/index.ts";
import { clipTimes } from "../../vision/index.ts";

/** What comes into view at a time, and stays until the next. */
export interface ScriptedPicture {
  /** From the start of the conversation. */
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** Cameras send what they see again and again; a view that stands still is sent this often. */
const REPEAT_MS = 1000;
/** Between the pictures of a folder whose names tell no times. */
const STEP_MS = 1000;
const PICTURE_NAMES = new Set([".jpg", ".jpeg", ".png", ".webp"]);

/** Frames a second that are taken out of a video, before the policy for clips chooses among them. */
const VIDEO_FPS = 4;
const VIDEO_LIMIT_SECONDS = 600;

/** A camera that shows what a script says. */
export class ScriptedCamera {
  readonly #pictures: readonly ScriptedPicture[];
  #sent: { readonly picture: ScriptedPicture; readonly atMs: number } | undefined;

  /** @param pictures - by time. */
  constructor(pictures: readonly ScriptedPicture[]) {
    this.#pictures = pictures;
  }

  /** What the camera sends at this time, if anything: a new view at once, an old one every second. */
  due(nowMs: number): Uint8Array | undefined {
    const picture = this.#pictures.findLast(({ atMs }) => atMs <= nowMs);
    if (picture === undefined) return undefined;
    if (this.#sent?.picture === picture && nowMs - this.#sent.atMs < REPEAT_MS) return undefined;
    this.#sent = { picture, atMs: nowMs };
    return picture.bytes;
  }
}

/**
 * Makes a camera of a picture that stays in view, of a folder, or of a video where ffmpeg is installed. A folder's
 * pictures come into view at the time that their names begin with (`1500ms-mug.jpg`, `2.5s.png`), or else one a second
 * in the order of their names, 2 before 10.
 * @throws AntiphonError `picture-unreadable` and what decoding throws, naming the file.
 */
export async function openScriptedCamera(path: string, signal: AbortSignal): Promise<ScriptedCamera> {
  const entry = await stat(path).catch(() => undefined);
  if (entry === undefined) throw new AntiphonError("picture-unreadable", `${path} is not there`);
  if (entry.isDirectory()) return new ScriptedCamera(await readFolder(path, nameTimes));
  if (isPictureName(path)) return new ScriptedCamera([{ atMs: 0, bytes: await readPicture(path) }]);
  return new ScriptedCamera(await readVideo(path, signal));
}

async function readFolder(
  folder: string,
  timesOf: (names: readonly string[]) => number[],
): Promise<ScriptedPicture[]> {
  const byNumber = new Intl.Collator("en", { numeric: true });
  const names = (await readdir(folder)).filter(isPictureName).toSorted((a, b) => byNumber.compare(a, b));
  if (names.length === 0)
    throw new AntiphonError("picture-unreadable", `${folder} holds no JPEG, PNG or WebP`);
  const times = timesOf(names);
  const pictures: ScriptedPicture[] = [];
  for (const [index, name] of names.entries()) {
    const atMs = times[index];
    if (atMs !== undefined) pictures.push({ atMs, bytes: await readPicture(join(folder, name)) });
  }
  return pictures.toSorted((a, b) => a.atMs - b.atMs);
}

/** When the pictures of these names come into view: as all of them say, or one after another. */
function nameTimes(names: readonly string[]): number[] {
  const told = names.map((name) => {
    const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s)(?![a-z])/u.exec(name) ?? [];
    return number === undefined ? undefined : Number(number) * (unit === "s" ? 1000 : 1);
  });
  return told.map((atMs, index) => (told.includes(undefined) ? index * STEP_MS : (atMs ?? 0)));
}

function isPictureName(name: string): boolean {
  return PICTURE_NAMES.has(extname(name).toLowerCase());
}

async function readPicture(path: string): Promise<Uint8Array> {
  try {
    return await asCameraPicture(await readFile(path));
  } catch (cause) {
    const { code, message } =
      cause instanceof AntiphonError
        ? cause
        : { code: "picture-unreadable" as const, message: String(cause) };
    throw new AntiphonError(code, `${basename(path)}: ${message}`, { cause });
  }
}

/** The frames of a video that the policy for clips chooses, taken out by ffmpeg. */
async function readVideo(path: string, signal: AbortSignal): Promise<ScriptedPicture[]> {
  const folder = await mkdtemp(join(tmpdir(), "antiphon-video-"));
  try {
    await runFfmpeg(path, join(folder, "%06d.jpg"), signal);
    const frameMs = 1000 / VIDEO_FPS;
    return await readFolder(folder, (names) => {
      const chosen = clipTimes(names.length * frameMs).map((atMs) => Math.floor(atMs / frameMs));
      // What is not chosen has no time.
      const times: number[] = [];
      for (const index of chosen) times[index] = index * frameMs;
      return times;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runFfmpeg(path: string, pattern: string, signal: AbortSignal): Promise<void> {
  const options = [
    "-nostdin",
    "-v",
    "error",
    "-i",
    path,
    "-t",
    `${VIDEO_LIMIT_SECONDS}`,
    "-vf",
    `fps=${VIDEO_FPS}`,
  ];
  const child = spawn("ffmpeg", [...options, "-q:v", "3", pattern], {
    signal,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-400);
  });
  await new Promise<void>((resolve, reject) => {
    child.once("error", (cause: NodeJS.ErrnoException) => {
      const missing = `${path} is no picture, and to take it for a video ffmpeg must be installed, which it is not`;
      reject(cause.code === "ENOENT" ? new AntiphonError("picture-unreadable", missing, { cause }) : cause);
    });
    child.once("close", (status) => {
      const said = complaints.trim().split("\n").at(-1) ?? "";
      if (status === 0) resolve();
      else reject(new AntiphonError("picture-unreadable", `ffmpeg cannot read ${path} (${said})`));
    });
  });
}
