import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { installedSoundProgram, type SoundRequest, soundProgramNames } from "../client/sound-programs.ts";
import type { CommandContext } from "./context.ts";

/** What was looked at and what to do about it. Only a `failure` keeps the server from working. */
export interface Finding {
  readonly check: string;
  readonly state: "ok" | "warning" | "failure";
  readonly detail: string;
  readonly mend?: string;
}

const CHECKS = { record: "microphone", play: "loudspeaker" } as const;

/** A sound server that does not answer must not hold up the other checks. */
const LISTING_TAKES_MS = 5000;

/** Whether this machine's own microphone or loudspeaker can be used: a program for it, and what ALSA lists. */
export async function checkSound(
  direction: SoundRequest["direction"],
  { signal }: Pick<CommandContext, "signal">,
): Promise<Finding> {
  const check = CHECKS[direction];
  const program = installedSoundProgram(direction);
  if (program === undefined) {
    const detail = `no program for this machine's own ${check} (${soundProgramNames(direction).join(", ")})`;
    const mend = "install alsa-utils or sox; not needed for clients on the network";
    return { check, state: "warning", detail, mend };
  }
  // Of sox's devices there is no list.
  if (program === "sox") return { check, state: "ok", detail: "found sox" };
  const devices = await listDevices(program, signal);
  if (devices === undefined) return { check, state: "ok", detail: `found ${program}` };
  if (devices.length > 0) return { check, state: "ok", detail: `found ${program}: ${devices.join("; ")}` };
  const mend = "connect one; not needed where a sound server brings it, nor for clients on the network";
  return { check, state: "warning", detail: `found ${program}, but it lists no device`, mend };
}

/** As `plughw:1,0 USB Audio`: what `--microphone` and `--loudspeaker` take, and its name. Undefined where it tells nothing. */
async function listDevices(program: string, signal: AbortSignal): Promise<readonly string[] | undefined> {
  const options = { env: { ...process.env, LC_ALL: "C" }, timeout: LISTING_TAKES_MS, signal };
  try {
    const { stdout } = await promisify(execFile)(program, ["-l"], options);
    const lines = stdout.matchAll(/^card (\d+): .*?, device (\d+): .*?\[(.*)\]$/gmu);
    return [...lines].map(([, card = "", device = "", name = ""]) => `plughw:${card},${device} ${name}`);
  } catch (error) {
    signal.throwIfAborted();
    // Without a sound card some versions call it an error.
    const { stderr = "" } = error as { readonly stderr?: string };
    return /no soundcards found/u.test(stderr) ? [] : undefined;
  }
}
