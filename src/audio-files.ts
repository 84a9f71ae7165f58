import { readFile, writeFile } from "node:fs/promises";

import { decodeAudio, resample, writeWav } from "../audio/index.ts";
import { AntiphonError } from "../streaming/index.ts";

/**
 * A recording as mono samples at `sampleRate`: WAV, FLAC, MP3 or Ogg of any rate.
 * @throws AntiphonError or AudioError with an `audio-` code; the message names the file.
 */
export async function readAudioFile(file: string, sampleRate: number): Promise<Float32Array> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AntiphonError("audio-unreadable", `cannot read ${file}: ${reason}`, { cause });
  });
  const decoded = await decodeAudio(bytes);
  return await resample(decoded.samples, decoded.sampleRate, sampleRate);
}

/** Writes 16-bit WAV; one channel each. */
export async function writeAudioFile(
  file: string,
  channels: readonly Float32Array[],
  sampleRate: number,
): Promise<void> {
  await writeFile(file, writeWav({ channels, sampleRate }));
}
