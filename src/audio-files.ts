import { createReadStream } from "node:fs";
import { access, constants, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { AudioError, decodeAudio, writeWav } from "../audio/index.ts";
import { isErrno } from "../models/packs/system.ts";
import { AntiphonError, messageOf } from "../streaming/index.ts";

/** An hour of stereo with 24 bits at 48 kHz; longer recordings are refused anyway. */
const LARGEST_FILE_BYTES = 2 ** 30;
const READ_BYTES = 2 ** 20;

/**
 * A recording as mono samples at `sampleRate`: WAV, FLAC, MP3 or Ogg of any rate, up to 1 GiB and an hour.
 * @throws AntiphonError with an `audio-` code; the message names the file.
 */
export async function readAudioFile(file: string, sampleRate: number): Promise<Float32Array> {
  const bytes = await readFileWithin(file, LARGEST_FILE_BYTES);
  try {
    return (await decodeAudio(bytes, { sampleRate })).samples;
  } catch (cause) {
    if (!(cause instanceof AudioError)) throw cause;
    throw new AntiphonError(cause.code, `${file}: ${cause.message}`, { cause });
  }
}

/** Looks at the size before it reads, and while it does: what is no plain file has none to look at. */
async function readFileWithin(file: string, limitBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  const admit = (bytes: number): void => {
    if (bytes <= limitBytes) return;
    throw new AntiphonError("audio-too-long", `${file} has more than the ${limitBytes} bytes that are read`);
  };
  try {
    admit((await stat(file)).size);
    for await (const piece of createReadStream(file, {
      highWaterMark: READ_BYTES,
    }) as AsyncIterable<Buffer>) {
      length += piece.length;
      admit(length);
      pieces.push(piece);
    }
  } catch (cause) {
    if (cause instanceof AntiphonError) throw cause;
    const reason = messageOf(cause);
    throw new AntiphonError("audio-unreadable", `cannot read ${file}: ${reason}`, { cause });
  }
  return Buffer.concat(pieces, length);
}

/**
 * Finds out whether a file can be written before work is done for it, without making it.
 * @throws AntiphonError `output-unwritable`, naming the file.
 */
export async function requireWritable(file: string): Promise<void> {
  try {
    const found = await stat(file).catch(() => undefined);
    if (found?.isDirectory() === true) throw new Error("it is a folder");
    const folder = dirname(file);
    if (found === undefined && !(await stat(folder)).isDirectory()) throw new Error(`${folder} is no folder`);
    await access(found === undefined ? folder : file, constants.W_OK);
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

/**
 * Writes 16-bit WAV; one channel each.
 * @throws AntiphonError `disk-full` or `output-unwritable`, naming the file.
 */
export async function writeAudioFile(
  file: string,
  channels: readonly Float32Array[],
  sampleRate: number,
): Promise<void> {
  try {
    await writeFile(file, writeWav({ channels, sampleRate }));
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

function unwritable(file: string, cause: unknown): AntiphonError {
  const code = isErrno(cause, "ENOSPC", "EDQUOT") ? "disk-full" : "output-unwritable";
  const reason = messageOf(cause);
  return new AntiphonError(code, `cannot write ${file}: ${reason}`, { cause });
}
