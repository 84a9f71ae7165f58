import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { decodePicture } from "../../models/pictures/decode.ts";
import { openScriptedCamera } from "../../src/client/scripted-camera.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;

/** A video of one second in red and one in blue. */
async function makeVideo(): Promise<string> {
  const path = join(await temporaryFolder(), "red-then-blue.avi");
  const colour = (name: string): string[] => ["-f", "lavfi", "-i", `color=${name}:s=64x48:r=10:d=1`];
  const joined = ["-filter_complex", "[0][1]concat=n=2", "-c:v", "mjpeg", "-q:v", "2"];
  execFileSync("ffmpeg", ["-v", "error", ...colour("red"), ...colour("blue"), ...joined, path]);
  return path;
}

/** Of the pixel in the middle. */
async function colourOf(bytes: Uint8Array): Promise<"red" | "blue"> {
  const { width, height, rgb } = await decodePicture(bytes);
  const at = 3 * (Math.floor(height / 2) * width + Math.floor(width / 2));
  return (rgb[at] ?? 0) > (rgb[at + 2] ?? 0) ? "red" : "blue";
}

describe.skipIf(!hasFfmpeg)("a real video through ffmpeg", () => {
  it("comes into view as it was recorded, four pictures a second", async () => {
    const camera = await openScriptedCamera(await makeVideo(), new AbortController().signal);
    const shown: string[] = [];
    for (let atMs = 0; atMs < 2000; atMs += 50) {
      const bytes = camera.due(atMs);
      if (bytes !== undefined) shown.push(await colourOf(bytes));
    }
    expect(shown).toHaveLength(8);
    expect(shown.slice(0, 3)).toEqual(["red", "red", "red"]);
    expect(shown.slice(5)).toEqual(["blue", "blue", "blue"]);
  }, 60_000);
});
