import { existsSync } from "node:fs";
import { join } from "node:path";

import { readAudioFile } from "../../src/audio-files.ts";
import { sharedDataPath } from "./shared-data.ts";

const root = join(import.meta.dirname, "../..");
const folders = [
  join(root, "test/fixtures/speech"),
  join(root, "examples"),
  // Not part of the project, so not there in every checkout.
  sharedDataPath("speech"),
];

/** Whether a recording of speech is here. Those of the project always are. */
export function hasRecording(name: string): boolean {
  return folders.some((folder) => existsSync(join(folder, name)));
}

/** A recording of speech by its file name, mono. */
export async function recording(name: string, sampleRate = 16_000): Promise<Float32Array> {
  const folder = folders.find((candidate) => existsSync(join(candidate, name))) ?? "";
  return await readAudioFile(join(folder, name), sampleRate);
}
