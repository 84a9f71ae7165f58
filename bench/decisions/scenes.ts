import { LISTENING_SAMPLE_RATE, msToSamples, resample, samplesToMs } from "../../audio/index.ts";
import { TALK_SAMPLE_RATE } from "../../src/client/spoken-conversation.ts";
import { mixInto } from "../duplex/filters.ts";
import { makeNoise } from "../duplex/noises.ts";
import { type Studio, toLevel, USER_DBFS } from "../duplex/studio.ts";
import type { Source, Voice } from "../duplex/trial.ts";
import type { Moment, RoomNoise } from "./cases.ts";
import type { HeardScene } from "./ear.ts";

const LEAD_MS = 400;
/** Between the user's question and the stretch. */
const BETWEEN_MS = 900;
/** Enough for a pause to be found behind the stretch. */
export const TAIL_MS = 1200;

/** What is said first where there was an answer. */
const FIRST_QUESTION = "Why do cats purr?";

/** What a scene is made from: a stretch at 24 kHz, and what is around it. */
export interface SceneParts {
  readonly stretch: Float32Array;
  readonly question: Float32Array;
  readonly moment: Moment;
  readonly room: RoomNoise | undefined;
}

/** The sound of the user's first question. */
export function questionOf(user: Voice): Source {
  return { voice: user, text: FIRST_QUESTION, place: "near" };
}

/** What the microphone hears: the user's question, where there is one, and the stretch, in a room that is never silent. */
export async function makeScene(studio: Studio, parts: SceneParts): Promise<HeardScene> {
  const { stretch, question, moment, room } = parts;
  const isFirst = moment === "at first";
  const questionMs = isFirst ? 0 : samplesToMs(question.length, TALK_SAMPLE_RATE) + BETWEEN_MS;
  const startMs = LEAD_MS + questionMs;
  const totalMs = startMs + samplesToMs(stretch.length, TALK_SAMPLE_RATE) + TAIL_MS;
  const sound = makeRoom(studio, room, totalMs);
  if (!isFirst) mixInto(sound, question, msToSamples(LEAD_MS, TALK_SAMPLE_RATE));
  mixInto(sound, stretch, msToSamples(startMs, TALK_SAMPLE_RATE));
  return {
    samples: await resample(sound, TALK_SAMPLE_RATE, LISTENING_SAMPLE_RATE),
    questionEndMs: isFirst ? 0 : startMs,
    stretchMs: startMs,
    moment,
  };
}

function makeRoom(studio: Studio, noise: RoomNoise | undefined, durationMs: number): Float32Array {
  const sound = new Float32Array(Math.ceil(msToSamples(durationMs, TALK_SAMPLE_RATE)));
  for (let at = 0; at < sound.length; at += studio.room.length) mixInto(sound, studio.room, at);
  if (noise !== undefined) {
    const { colour, snrDb, seed } = noise;
    const plain = makeNoise(colour, durationMs, seed, undefined, TALK_SAMPLE_RATE);
    mixInto(sound, toLevel(plain, USER_DBFS - snrDb), 0);
  }
  return sound;
}
