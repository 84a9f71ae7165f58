import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterEach, expect, test, vi } from "vitest";

import { decodePicture } from "../../../models/pictures/decode.ts";
import { openScriptedCamera, type ScriptedCamera } from "../../../src/client/scripted-camera.ts";
import { plainPicture } from "../../support/pictures.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const { signal } = new AbortController();

afterEach(() => {
  vi.unstubAllEnvs();
});

const picture = async (grey: number): Promise<Uint8Array> =>
  await plainPicture("png", { width: 20, height: 10 }, { r: grey, g: grey, b: grey });

async function folderOf(pictures: Readonly<Record<string, number>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, grey] of Object.entries(pictures))
    await writeFile(join(folder, name), await picture(grey));
  return folder;
}

/** When a camera sends which grey, asked every 20 ms. */
async function sent(camera: ScriptedCamera, durationMs: number): Promise<[atMs: number, grey: number][]> {
  const pictures: [number, number][] = [];
  for (let nowMs = 20; nowMs <= durationMs; nowMs += 20) {
    const bytes = camera.due(nowMs);
    if (bytes !== undefined) pictures.push([nowMs, (await decodePicture(bytes)).rgb[0] ?? -1]);
  }
  return pictures;
}

test("one picture stays in view: sent at once and every second", async () => {
  const folder = await folderOf({ "a.png": 10 });
  const camera = await openScriptedCamera(join(folder, "a.png"), signal);
  expect(await sent(camera, 2500)).toEqual([
    [20, 10],
    [1020, 10],
    [2020, 10],
  ]);
});

test("a folder's pictures come in the order of their numbers, one a second", async () => {
  const camera = await openScriptedCamera(
    await folderOf({ "10.png": 30, "9.png": 20, "1.png": 10, "notes.txt": 1 }),
    signal,
  );
  expect(await sent(camera, 2500)).toEqual([
    [20, 10],
    [1000, 20],
    [2000, 30],
  ]);
});

test("names that tell times are believed if all do", async () => {
  const timed = await openScriptedCamera(await folderOf({ "0.5s-mug.png": 20, "100ms.png": 10 }), signal);
  expect(await sent(timed, 700)).toEqual([
    [100, 10],
    [500, 20],
  ]);
  const untimed = await openScriptedCamera(await folderOf({ "5s.png": 10, "mug.png": 20 }), signal);
  expect(await sent(untimed, 1500)).toEqual([
    [20, 10],
    [1000, 20],
  ]);
});

test("a large photograph is sent as a camera would, within what a message may have", async () => {
  const folder = await temporaryFolder();
  await writeFile(
    join(folder, "a.jpg"),
    await plainPicture("jpeg", { width: 5000, height: 4000 }, { r: 9, g: 9, b: 9 }),
  );
  const camera = await openScriptedCamera(join(folder, "a.jpg"), signal);
  const bytes = camera.due(0) ?? new Uint8Array();
  expect(await decodePicture(bytes)).toMatchObject({ width: 900, height: 720 });
});

test("what is missing, empty or damaged is named", async () => {
  const folder = await folderOf({});
  const unreadable = { code: "picture-unreadable" };
  await expect(openScriptedCamera(join(folder, "no.jpg"), signal)).rejects.toMatchObject(unreadable);
  await expect(openScriptedCamera(folder, signal)).rejects.toMatchObject(unreadable);
  await writeFile(join(folder, "mug.jpg"), "no picture");
  await expect(openScriptedCamera(folder, signal)).rejects.toMatchObject({
    code: "picture-format",
    message: expect.stringContaining("mug.jpg") as string,
  });
});

test("a video without ffmpeg is refused in clear words", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "clip.mp4"), "video");
  vi.stubEnv("PATH", folder);
  await expect(openScriptedCamera(join(folder, "clip.mp4"), signal)).rejects.toMatchObject({
    code: "picture-unreadable",
    message: expect.stringContaining("ffmpeg") as string,
  });
});

test("of a video with ffmpeg the policy for clips chooses; its complaints are passed on", async () => {
  const folder = await temporaryFolder();
  const tools = join(folder, "tools");
  await mkdir(tools);
  await writeFile(join(folder, "frame.jpg"), await picture(40));
  await writeFile(join(folder, "clip.mp4"), "video");
  // Stands in for ffmpeg: 20 frames, which are 5 s at 4 a second; the last argument is the pattern of their names.
  const script = `#!/bin/sh
case "$*" in *broken*) echo "moov atom not found" >&2; exit 1;; esac
for last; do :; done
for i in $(seq -w 1 20); do cp ${join(folder, "frame.jpg")} "$(dirname "$last")/0000$i.jpg"; done
`;
  await writeFile(join(tools, "ffmpeg"), script);
  await chmod(join(tools, "ffmpeg"), 0o755);
  vi.stubEnv("PATH", `${tools}:${process.env["PATH"] ?? ""}`);
  const camera = await openScriptedCamera(join(folder, "clip.mp4"), signal);
  expect((await sent(camera, 6000)).map(([atMs]) => atMs)).toEqual([500, 1500, 2500, 3500, 4500, 5500]);
  await expect(openScriptedCamera(join(folder, "broken.mp4"), signal)).rejects.toMatchObject({
    message: expect.stringContaining("is not there") as string,
  });
  await writeFile(join(folder, "broken.mp4"), "video");
  await expect(openScriptedCamera(join(folder, "broken.mp4"), signal)).rejects.toMatchObject({
    message: expect.stringContaining("moov atom") as string,
  });
});
