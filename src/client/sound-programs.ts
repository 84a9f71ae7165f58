import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { AntiphonError } from "../../streaming/index.ts";
import { programFolders } from "../config.ts";

/** What a program is to do with sound, as 16-bit mono PCM on its standard input or output. */
export interface SoundRequest {
  readonly direction: "record" | "play";
  /** In Hz. */
  readonly sampleRate: number;
  /** By the name that the program knows; by default the system's own choice. */
  readonly device?: string | undefined;
}

interface SoundProgram {
  readonly name: string;
  readonly directions: readonly SoundRequest["direction"][];
  readonly argumentsFor: (request: SoundRequest) => readonly string[];
  /** Where the device is not named by an argument. */
  readonly variable?: string;
}

/** In microseconds: how much the device may hold, and how much it moves at once. */
const ALSA_TIMES = ["--buffer-time=120000", "--period-time=20000"];

const alsaArguments = ({ sampleRate, device }: SoundRequest): readonly string[] => [
  ...["--quiet", "--file-type=raw", "--format=S16_LE", "--channels=1", `--rate=${sampleRate}`, ...ALSA_TIMES],
  ...(device === undefined ? [] : [`--device=${device}`]),
];

const soxArguments = ({ direction, sampleRate }: SoundRequest): readonly string[] => {
  const pipe = ["-t", "raw", "-b", "16", "-e", "signed-integer", "-L", "-c", "1", "-r", `${sampleRate}`, "-"];
  const quiet = ["-q", "--buffer", "1024", "--input-buffer", "1024"];
  return direction === "record" ? [...quiet, "-d", ...pipe] : [...quiet, ...pipe, "-d"];
};

/** In the order in which they are preferred. */
const PROGRAMS: readonly SoundProgram[] = [
  { name: "arecord", directions: ["record"], argumentsFor: alsaArguments },
  { name: "aplay", directions: ["play"], argumentsFor: alsaArguments },
  { name: "sox", directions: ["record", "play"], argumentsFor: soxArguments, variable: "AUDIODEV" },
];

const PURPOSES = { record: "the microphone", play: "the loudspeaker" } as const;

/** How much of a program's complaints is kept. */
const COMPLAINT_LENGTH = 1000;

/** A running program, and the error that tells why it ended. */
export interface RunningSound {
  readonly child: ChildProcess;
  /** Never rejects; an error unless `stop` ended it. */
  readonly ended: Promise<AntiphonError | undefined>;
  readonly stop: () => void;
}

/**
 * Starts the first program on this machine that can record or play.
 * @throws AntiphonError `sound-unavailable`, naming what to install.
 */
export function startSoundProgram(request: SoundRequest): RunningSound {
  const { direction } = request;
  const program = ableTo(direction).find(({ name }) => isInstalled(name));
  if (program === undefined) {
    const names = soundProgramNames(direction).join(" or ");
    const mend = "install alsa-utils (Linux) or sox";
    throw new AntiphonError("sound-unavailable", `no program for ${PURPOSES[direction]} (${names}): ${mend}`);
  }
  const { variable } = program;
  const { device } = request;
  const environment = variable === undefined || device === undefined ? {} : { [variable]: device };
  const child = spawn(program.name, program.argumentsFor(request), {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-COMPLAINT_LENGTH);
  });
  // What is written to a program that is gone; why it went, its end tells.
  child.stdin.on("error", () => undefined);
  let stopped = false;
  const ended = new Promise<AntiphonError | undefined>((resolve) => {
    const end = (reason: string): void => {
      const message = `${program.name} could not go on with ${PURPOSES[direction]}: ${reason}`;
      resolve(stopped ? undefined : new AntiphonError("sound-unavailable", message));
    };
    child.once("error", (error) => {
      end(error.message);
    });
    child.once("close", (status) => {
      end(complaints.trim().split("\n").at(-1)?.trim() || `it ended (status ${status ?? "none"})`);
    });
  });
  const stop = (): void => {
    stopped = true;
    child.kill();
  };
  return { child, ended, stop };
}

/** Programs that can do it, installed or not, the preferred one first. */
export function soundProgramNames(direction: SoundRequest["direction"]): readonly string[] {
  return ableTo(direction).map(({ name }) => name);
}

/** The program of this machine that does it, if there is one. */
export function installedSoundProgram(direction: SoundRequest["direction"]): string | undefined {
  return soundProgramNames(direction).find(isInstalled);
}

function ableTo(direction: SoundRequest["direction"]): readonly SoundProgram[] {
  return PROGRAMS.filter(({ directions }) => directions.includes(direction));
}

function isInstalled(name: string): boolean {
  return programFolders().some((folder) => existsSync(join(folder, name)));
}
