import { createHash } from "node:crypto";
import { rename } from "node:fs/promises";
import { join } from "node:path";

import { msToSamples } from "../../audio/index.ts";
import { readAudioFile } from "../../src/audio-files.ts";
import { TALK_SAMPLE_RATE } from "../../src/client/spoken-conversation.ts";
import { projectFile } from "../../src/project.ts";
import { benchFolder, exists, runProgram } from "../programs.ts";
import { requireSpeaker } from "../speech.ts";
import { audibleSpans, type TimeSpan } from "./audible.ts";
import { amplify, highShelf, lowPass, reflect } from "./filters.ts";
import { makeNoise } from "./noises.ts";
import { type Place, type Source, type Trial, type Voice, VOICES } from "./trial.ts";

/** How loud a user speaks, root mean square where there is speech. */
export const USER_DBFS = -23;

/** A quiet room: no microphone hears digital silence. */
const ROOM_DBFS = -66;
const ROOM_MS = 5000;

/** Where recorded noise lies in the development environment; without it the bench makes do with its own. */
const RECORDED_NOISE = "../shared/data/noise/noise1.wav";

/** What cannot be spelled. */
const SOUNDS: Readonly<Record<string, { readonly flite: readonly string[]; readonly espeak: string }>> = {
  "Mhm.": { flite: ["-p", "m hh ah m"], espeak: "[[m'hm]]" },
};

/** A sound, and where in it something is to be heard. */
export interface Sound {
  /** At {@link TALK_SAMPLE_RATE}. */
  readonly samples: Float32Array;
  /** In ms from its beginning. */
  readonly audible: TimeSpan;
  readonly text: string;
}

/** Makes the users' sounds and keeps them. */
export class Studio {
  /** What a microphone hears while nobody speaks, to be repeated; a whole number of frames. */
  readonly room = toLevel(makeNoise("pink", ROOM_MS, 1, undefined, TALK_SAMPLE_RATE), ROOM_DBFS);
  readonly #sounds = new Map<string, Sound>();
  readonly #folder: string;
  readonly #recorded: Float32Array | undefined;

  private constructor(folder: string, recorded: Float32Array | undefined) {
    this.#folder = folder;
    this.#recorded = recorded;
  }

  /** Makes all sounds of some trials, so that none of them has to be made while a conversation goes on. */
  static async prepare(trials: readonly Pick<Trial, "steps">[], signal: AbortSignal): Promise<Studio> {
    for (const { program } of VOICES) await requireSpeaker(program, signal);
    const file = projectFile(RECORDED_NOISE);
    const recorded = (await exists(file)) ? await readAudioFile(file, TALK_SAMPLE_RATE) : undefined;
    const studio = new Studio(await benchFolder("speech"), recorded);
    for (const step of trials.flatMap(({ steps }) => steps)) {
      if (step.do === "say") await studio.#make(step.source, signal);
    }
    return studio;
  }

  /** A sound that was prepared. */
  sound(source: Source): Sound {
    const sound = this.#sounds.get(JSON.stringify(source));
    if (sound === undefined) throw new Error("this sound was not prepared");
    return sound;
  }

  async #make(source: Source, signal: AbortSignal): Promise<void> {
    const key = JSON.stringify(source);
    if (!this.#sounds.has(key)) this.#sounds.set(key, describe(await this.#render(source, signal), source));
  }

  async #render(source: Source, signal: AbortSignal): Promise<Float32Array> {
    if ("noise" in source) {
      const { noise, durationMs, seed, snrDb } = source;
      const sound = makeNoise(noise, durationMs, seed, this.#recorded, TALK_SAMPLE_RATE);
      return toLevel(sound, USER_DBFS - snrDb);
    }
    const file = await speak(source.voice, source.text, this.#folder, signal);
    const near = toLevel(withoutEnds(await readAudioFile(file, TALK_SAMPLE_RATE)), USER_DBFS);
    return carry(near, source.place, TALK_SAMPLE_RATE);
  }
}

/** What the microphone hears of somebody at that place: the chains of Full-Duplex-Bench v1.5. */
export function carry(near: Float32Array, place: Place, sampleRate: number): Float32Array {
  switch (place) {
    case "near":
      return near;
    case "turned-away": {
      const dull = highShelf(amplify(near, -8), 4000, -5, sampleRate);
      const walls = [
        { delayMs: 45, gainDb: -6 },
        { delayMs: 120, gainDb: -12 },
      ];
      return reflect(dull, walls, sampleRate);
    }
    case "background":
      return reflect(
        lowPass(amplify(near, -15), 3000, sampleRate),
        [{ delayMs: 100, gainDb: -10 }],
        sampleRate,
      );
  }
}

/** Brings a sound to a level, measured where something is to be heard. */
export function toLevel(samples: Float32Array, dbfs: number): Float32Array {
  const heard = audibleSpans(samples, TALK_SAMPLE_RATE).flatMap((span) => [...cutOut(samples, span)]);
  if (heard.length === 0) return samples;
  const meanSquare = heard.reduce((sum, sample) => sum + sample * sample, 0) / heard.length;
  return amplify(samples, dbfs - 10 * Math.log10(meanSquare)).map((x) => Math.max(-1, Math.min(1, x)));
}

/** Without the silence that programs put before and behind speech: pauses must be as long as the script says. */
function withoutEnds(samples: Float32Array): Float32Array {
  return cutOut(samples, extent(samples));
}

function cutOut(samples: Float32Array, { startMs, endMs }: TimeSpan): Float32Array {
  return samples.slice(msToSamples(startMs, TALK_SAMPLE_RATE), msToSamples(endMs, TALK_SAMPLE_RATE));
}

function describe(samples: Float32Array, source: Source): Sound {
  const text = "noise" in source ? `${source.noise} noise` : source.text;
  return { samples, text, audible: extent(samples) };
}

function extent(samples: Float32Array): TimeSpan {
  const spans = audibleSpans(samples, TALK_SAMPLE_RATE);
  return { startMs: spans[0]?.startMs ?? 0, endMs: spans.at(-1)?.endMs ?? 0 };
}

/** Has a text spoken; the recording is kept in the cache. */
async function speak(
  { program, name }: Voice,
  text: string,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const file = join(folder, `${name}-${digest}.wav`);
  if (await exists(file)) return file;
  const sounds = SOUNDS[text];
  const part = `${file}.part`;
  if (program === "flite") {
    await runProgram("flite", ["-voice", name, ...(sounds?.flite ?? ["-t", text]), "-o", part], { signal });
  } else {
    await runProgram("espeak-ng", ["-v", name, "-w", part, sounds?.espeak ?? text], { signal });
  }
  await rename(part, file);
  return file;
}
