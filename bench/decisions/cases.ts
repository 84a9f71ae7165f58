import type { UtteranceKind } from "../../streaming/index.ts";
import { type Random, seededRandom, seedOf } from "../duplex/random.ts";
import type { NoiseColour, Place, Source, Voice } from "../duplex/trial.ts";
import { HELD_OUT_PHRASES } from "./held-out.ts";
import { KNOWN_PHRASES, type Phrases } from "./phrases.ts";
import { TRAINING_PHRASES } from "./training.ts";

/**
 * When a stretch is heard: into an audible answer, after one, or as the first sound of a conversation, whose user's
 * loudness nobody knows.
 */
export type Moment = "over an answer" | "after an answer" | "at first";

/** Noise of the room, behind everything. */
export interface RoomNoise {
  readonly colour: NoiseColour;
  /** Below a user who speaks near the microphone. */
  readonly snrDb: number;
  readonly seed: number;
}

/** One stretch of sound that the monitor must judge. */
export interface Case {
  /** What it is in truth. */
  readonly kind: UtteranceKind;
  readonly moment: Moment;
  readonly source: Source;
  /** Who uses the assistant. */
  readonly user: Voice;
  readonly room: RoomNoise | undefined;
}

/** Phrases and who says them. */
interface Cast {
  readonly phrases: Phrases;
  readonly voices: readonly Voice[];
}

const flite = (name: string): Voice => ({ program: "flite", name });
const espeak = (name: string): Voice => ({ program: "espeak-ng", name });

const KNOWN_VOICES: readonly Voice[] = [
  flite("slt"),
  espeak("en-us+f3"),
  flite("awb"),
  espeak("en-gb+m1"),
  flite("kal"),
  espeak("en-us+m7"),
];

/** Words and voices by which the monitor was made, and others, by which it is tested alone. */
export const CASTS = {
  known: { phrases: KNOWN_PHRASES, voices: KNOWN_VOICES },
  training: { phrases: TRAINING_PHRASES, voices: KNOWN_VOICES },
  "held-out": {
    phrases: HELD_OUT_PHRASES,
    voices: [
      flite("rms"),
      espeak("en-gb+m3"),
      flite("kal16"),
      espeak("en-us+f4"),
      espeak("en-gb-scotland+f2"),
    ],
  },
} as const satisfies Record<string, Cast>;

export type CastName = keyof typeof CASTS;

const OVER: Moment = "over an answer";
const AFTER: Moment = "after an answer";
const FIRST: Moment = "at first";

/** In which room: as often in a quiet one as in any of the noisy ones. */
const SNRS_DB = [Infinity, 20, 10, 0] as const;
const COLOURS: readonly NoiseColour[] = ["pink", "white"];

const NOISES = 36;
const BURST_COLOURS: readonly NoiseColour[] = ["pink", "white", "coughs"];

/** All stretches of a cast, the same at every call; another round has other voices and rooms. */
export function makeCases(name: CastName, round = 0): Case[] {
  const { phrases, voices }: Cast = CASTS[name];
  const random = seededRandom(seedOf(`${name} ${round}`));
  const speech = [
    ...spoken("query", phrases.query, ["near"], [OVER, AFTER, FIRST]),
    ...spoken("stop", phrases.stop, ["near"], name === "training" ? [OVER] : [OVER, OVER, AFTER]),
    ...spoken(
      "backchannel",
      phrases.backchannel,
      ["near"],
      name === "training" ? [OVER] : [OVER, OVER, AFTER],
    ),
    ...spoken("incomplete", phrases.incomplete, ["near"], [AFTER, FIRST]),
    ...spoken("side-talk", phrases.sideTalk, ["turned-away", "turned-away", "near"], [OVER, AFTER]),
    ...spoken("side-talk", phrases.background, ["background"], [OVER, AFTER, FIRST]),
  ];
  return [
    ...speech.map(({ kind, moment, text, place }): Case => {
      const user = pick(voices, random);
      // Background speech is somebody else's.
      const voice =
        place === "background"
          ? pick(
              voices.filter((other) => other !== user),
              random,
            )
          : user;
      return { kind, moment, user, source: { voice, text, place }, room: makeRoom(random) };
    }),
    ...Array.from({ length: NOISES }, (_, index) => makeBurst(voices, index, random)),
  ];
}

/** Each phrase at each moment, in the places by turns. */
function spoken(
  kind: UtteranceKind,
  texts: readonly string[],
  places: readonly Place[],
  moments: readonly Moment[],
): { readonly kind: UtteranceKind; readonly moment: Moment; readonly text: string; readonly place: Place }[] {
  return texts.flatMap((text, index) =>
    moments.map((moment, turn) => ({
      kind,
      moment,
      text,
      place: places[(index + turn) % places.length] ?? "near",
    })),
  );
}

function makeRoom(random: Random): RoomNoise | undefined {
  const snrDb = pick(SNRS_DB, random);
  const seed = Math.floor(random() * 2 ** 32);
  return snrDb === Infinity ? undefined : { colour: pick(COLOURS, random), snrDb, seed };
}

/** Noise that begins and ends, in a room without any other. */
function makeBurst(voices: readonly Voice[], index: number, random: Random): Case {
  const noise = pick(BURST_COLOURS, random);
  const durationMs = Math.round(600 + 1400 * random());
  const source = {
    noise,
    durationMs,
    snrDb: [20, 10, 0][index % 3] ?? 0,
    seed: Math.floor(random() * 2 ** 32),
  };
  const moment = [OVER, AFTER, FIRST][Math.floor(index / 3) % 3] ?? OVER;
  return { kind: "noise", moment, user: pick(voices, random), source, room: undefined };
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError("nothing to pick from");
  return item;
}
