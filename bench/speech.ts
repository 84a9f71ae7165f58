import { createHash } from "node:crypto";
import { rename } from "node:fs/promises";
import { join } from "node:path";

import { benchFolder, exists, hasProgram, runProgram } from "./programs.ts";

/** Voices of CMU Flite, none of them the assistant's: two American men and women and a Scot. */
const VOICES = ["slt", "rms", "awb"] as const;

/** Something said in a file. */
export interface SpokenText {
  readonly text: string;
  readonly file: string;
  readonly voice: string;
}

/**
 * Has texts spoken by {@link VOICES} in turn; the recordings are kept in the cache.
 * @throws Error where Flite is missing and cannot be installed.
 */
export async function speakTexts(texts: readonly string[], signal: AbortSignal): Promise<SpokenText[]> {
  await requireSpeaker("flite", signal);
  const folder = await benchFolder("speech");
  const spoken: SpokenText[] = [];
  for (const [index, text] of texts.entries()) {
    const voice = VOICES[index % VOICES.length] ?? VOICES[0];
    const name = `${voice}-${createHash("sha256").update(text).digest("hex").slice(0, 16)}.wav`;
    const file = join(folder, name);
    if (!(await exists(file))) {
      await runProgram("flite", ["-voice", voice, "-t", text, "-o", `${file}.part`], { signal });
      await rename(`${file}.part`, file);
    }
    spoken.push({ text, file, voice });
  }
  return spoken;
}

/**
 * Makes sure that a program that speaks is there; both are packages of Debian and Ubuntu.
 * @throws Error where it is missing and cannot be installed.
 */
export async function requireSpeaker(program: "flite" | "espeak-ng", signal: AbortSignal): Promise<void> {
  if (await hasProgram(program)) return;
  const canInstall = process.getuid?.() === 0 && (await hasProgram("apt-get"));
  if (!canInstall) {
    throw new Error(
      `the bench lets the program ${program} speak, in another voice than the assistant's; install it ` +
        `(Debian and Ubuntu: apt-get install ${program})`,
    );
  }
  const environment = { DEBIAN_FRONTEND: "noninteractive" };
  await runProgram("apt-get", ["install", "-y", "-q", program], { signal, environment });
}
