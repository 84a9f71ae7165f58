import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { msToSamples } from "../../audio/index.ts";
import type { UtteranceKind } from "../../streaming/index.ts";
import { readAudioFile } from "../../src/audio-files.ts";
import { TALK_SAMPLE_RATE } from "../../src/client/spoken-conversation.ts";
import { projectFile } from "../../src/project.ts";
import { carry, toLevel, USER_DBFS } from "../duplex/studio.ts";
import type { Place } from "../duplex/trial.ts";
import { exists } from "../programs.ts";
import type { Moment } from "./cases.ts";

const DATA = "../shared/data";
const MOMENTS: readonly Moment[] = ["over an answer", "after an answer", "at first"];

/** A recorded stretch and what it is in truth. */
export interface RecordedCase {
  readonly kind: UtteranceKind;
  readonly moment: Moment;
  readonly content: string;
  readonly voice: string;
  readonly place: string;
  /** At {@link TALK_SAMPLE_RATE}. */
  readonly stretch: Float32Array;
  /** What the user said before. */
  readonly question: Float32Array;
}

/** A sentence breaks off in this part of it, in the middle of its quietest stretch of this length. */
const MIDDLE = { from: 0.35, to: 0.75 };
const BREATH_MS = 120;

/** Noise is cut into stretches of this length; one in so many is used. */
const NOISE_MS = 1500;
const NOISE_STEP_MS = 3000;

/**
 * Recordings of people and of noises, where they lie beside the project; none where they do not. Their truth is what they
 * are: sentences that somebody reads near a microphone count as meant for the assistant, the same as far as they are quietest in
 * their middle as incomplete, the whole ones carried from afar as said to others, noise as noise. Sentences read from afar at the beginning of a conversation, where nobody can know, are left out.
 */
export async function recordedCases(): Promise<RecordedCase[]> {
  const folder = projectFile(DATA);
  if (!(await exists(folder))) return [];
  const sounds = await readSentences(join(folder, "speech"));
  const [first] = sounds.values();
  return [...sentences(sounds), ...(await noises(join(folder, "noise"), first ?? new Float32Array()))];
}

/** What people say, by the names of the files, as loud as a user. */
async function readSentences(folder: string): Promise<ReadonlyMap<string, Float32Array>> {
  const truth = await readFile(join(folder, "truth.tsv"), "utf8");
  const names = truth
    .trim()
    .split("\n")
    .map((line) => line.split("\t")[0] ?? "");
  const sounds = new Map<string, Float32Array>();
  for (const name of [...names, "jfk.flac"]) {
    sounds.set(name, toLevel(await readAudioFile(join(folder, name), TALK_SAMPLE_RATE), USER_DBFS));
  }
  return sounds;
}

function sentences(sounds: ReadonlyMap<string, Float32Array>): RecordedCase[] {
  const all = [...sounds.values()];
  return [...sounds].flatMap(([name, stretch], index) => {
    const question = all[(index + 1) % all.length] ?? stretch;
    const at = (
      kind: UtteranceKind,
      place: Place,
      moments: readonly Moment[],
      sound = stretch,
    ): RecordedCase[] =>
      moments.map((moment) => ({
        kind,
        moment,
        content: name,
        voice: name.replace(/_.*/u, ""),
        place,
        stretch: carry(sound, place, TALK_SAMPLE_RATE),
        question,
      }));
    return [
      ...at("query", "near", MOMENTS),
      ...at("incomplete", "near", MOMENTS.slice(1), brokenOff(stretch)),
      ...at("side-talk", "background", MOMENTS.slice(0, 2)),
    ];
  });
}

/** A sentence up to the quietest place of its middle: there its speaker takes breath, or, as a rule, ends a word. */
export function brokenOff(sentence: Float32Array): Float32Array {
  const length = msToSamples(BREATH_MS, TALK_SAMPLE_RATE);
  const step = msToSamples(10, TALK_SAMPLE_RATE);
  const last = Math.floor(sentence.length * MIDDLE.to) - length;
  let [quietest, least] = [0, Infinity];
  for (let start = Math.floor(sentence.length * MIDDLE.from); start <= last; start += step) {
    const energy = sentence.subarray(start, start + length).reduce((sum, value) => sum + value * value, 0);
    if (energy < least) [quietest, least] = [start, energy];
  }
  return sentence.slice(0, quietest + length / 2);
}

async function noises(folder: string, question: Float32Array): Promise<RecordedCase[]> {
  const files = (await readdir(folder)).filter((name) => name.startsWith("noise")).sort();
  const cases: RecordedCase[] = [];
  for (const name of files) {
    const sound = await readAudioFile(join(folder, name), TALK_SAMPLE_RATE);
    const length = msToSamples(NOISE_MS, TALK_SAMPLE_RATE);
    const step = msToSamples(NOISE_STEP_MS, TALK_SAMPLE_RATE);
    for (let start = 0; start + length <= sound.length; start += step) {
      const snrDb = [20, 10, 0][cases.length % 3] ?? 0;
      const stretch = toLevel(sound.slice(start, start + length), USER_DBFS - snrDb);
      const moment = MOMENTS[Math.floor(cases.length / 3) % 3] ?? "at first";
      const content = `${name}, ${snrDb} dB`;
      cases.push({ kind: "noise", moment, content, voice: "noise", place: "noise", stretch, question });
    }
  }
  return cases;
}
