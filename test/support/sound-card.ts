import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { floatsToPcm16, pcm16ToFloats } from "../../audio/index.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const NEEDED = ["pulseaudio", "pacat", "pactl", "arecord", "aplay"] as const;
/** Lets programs of ALSA use PulseAudio: where Debian has libraries, on either kind of machine. */
const ALSA_PLUGINS = ["x86_64", "aarch64"].map(
  (machine) => `/usr/lib/${machine}-linux-gnu/alsa-lib/libasound_module_pcm_pulse.so`,
);

/** What is missing for a sound card without a machine around it; undefined where nothing is. */
export const missingForSoundCard = [
  ...NEEDED.filter((program) => spawnSync(program, ["--version"]).error !== undefined),
  ...(ALSA_PLUGINS.some((file) => existsSync(file)) ? [] : ["libasound2-plugins"]),
].at(0);

/** A sound card of software: who speaks into the room is heard by the microphone, and what is played can be recorded. */
export class SoundCard {
  readonly #server: ChildProcess;
  readonly #recorder: ChildProcess;
  readonly #played: Buffer[] = [];
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(server: ChildProcess, environment: Readonly<Record<string, string>>) {
    this.#server = server;
    this.#environment = environment;
    const format = ["--raw", "--format=s16le", "--channels=1", "--rate=24000", "--latency-msec=20"];
    this.#recorder = spawn("pacat", ["--record", "--device=voice.monitor", ...format], {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.#recorder.stdout?.on("data", (bytes: Buffer) => this.#played.push(bytes));
  }

  static async plugIn(): Promise<SoundCard> {
    const folder = await temporaryFolder();
    const socket = join(folder, "socket");
    const modules = [
      `module-native-protocol-unix socket=${socket} auth-anonymous=1`,
      "module-null-sink sink_name=room rate=24000 channels=1",
      "module-null-sink sink_name=voice rate=24000 channels=1",
    ];
    const options = ["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes"];
    const server = spawn("pulseaudio", [...options, ...modules.flatMap((module) => ["--load", module])], {
      env: { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder },
      stdio: "ignore",
    });
    const environment = {
      PULSE_SERVER: `unix:${socket}`,
      PULSE_SOURCE: "room.monitor",
      PULSE_SINK: "voice",
      ALSA_CONFIG_PATH: alsaConfiguration(folder),
    };
    await untilThere(environment);
    return new SoundCard(server, environment);
  }

  /** What programs need around them to use this card, as the device "pulse". */
  get environment(): Readonly<Record<string, string>> {
    return this.#environment;
  }

  /** Says something into the room, at 24 kHz; returns when it was said. */
  async say(samples: Float32Array): Promise<void> {
    const format = ["--raw", "--format=s16le", "--channels=1", "--rate=24000", "--latency-msec=1000"];
    const speaker = spawn("pacat", ["--playback", "--device=room", ...format], {
      env: { ...process.env, ...this.#environment },
      stdio: ["pipe", "ignore", "ignore"],
    });
    speaker.stdin.end(floatsToPcm16(samples));
    await once(speaker, "close");
  }

  /** What has been played so far, at 24 kHz. */
  played(): Float32Array {
    const bytes = Buffer.concat(this.#played);
    return pcm16ToFloats(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  }

  async unplug(): Promise<void> {
    for (const child of [this.#recorder, this.#server]) {
      const closed = once(child, "close");
      child.kill();
      await closed;
    }
  }
}

/** ALSA of its own, that knows this card and nothing of the machine's. */
function alsaConfiguration(folder: string): string {
  const file = join(folder, "asound.conf");
  writeFileSync(file, "pcm.pulse { type pulse }\nctl.pulse { type pulse }\n");
  return file;
}

async function untilThere(environment: Readonly<Record<string, string>>): Promise<void> {
  const env = { ...process.env, ...environment };
  for (let attempt = 0; attempt < 200; attempt++) {
    const { stdout } = spawnSync("pactl", ["list", "short", "sinks"], { env, encoding: "utf8" });
    if (stdout.includes("voice")) return;
    await delay(50);
  }
  throw new Error("pulseaudio did not start");
}
