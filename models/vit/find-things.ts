import type { FoundThing } from "../../streaming/index.ts";
import type { ClassName } from "./class-names.ts";
import { TAUGHT } from "./taught-things.ts";

/**
 * What is so many times as probable as by chance is there. Fitted to held-out photos and collages (names, and kinds of up to
 * sixty classes, whose chance is that of their classes together): there 84 % are told right; 94 % of sharp collages.
 */
const TIMES_CHANCE = 2;
/** Kinds of a great part of all classes say nothing by their chance. */
const MOST_CHANCE = 0.25;

/** Taught things are probable each for itself (see `TaughtThings`). */
const TAUGHT_FROM = 0.5;

/** Faces are found by what finds faces. */
const PEOPLE =
  /^(?:person|people|man|men|woman|women|child|children|boys?|girls?|face|faces|somebody|someone|anybody|anyone)$/u;

const ARTICLE = "(?:an?|any|the|some|my|your)";
const THING = `(?<thing>${ARTICLE} [\\p{L}' /-]+?)`;
const PLACE =
  "(?: (?:on|in|at|to) (?:the |my |your )?(?<place>left|right|middle|cent(?:er|re))(?: side)?(?: hand)?)?";
const REST =
  "(?:,? (?:here|there|now|somewhere|anywhere|in (?:the|this|my|your) (?:picture|image|photo|view|frame|camera|hands?|room)|in view|in front of (?:me|you|the camera)|of (?:the|this) picture|please|antiphon))*";
const QUESTIONS = [
  "(?:is|are) there",
  "(?:do|can|could|did) you (?:see|spot|recogni[sz]e|make out)",
  "(?:is|was) (?:this|that|it)",
  "am i (?:holding|wearing|showing you)",
  "do i have",
  "does (?:the|this) (?:picture|image|photo|camera) show",
].map((beginning) => new RegExp(`\\b${beginning} ${THING}${PLACE}${REST}\\W*$`, "iu"));

/** Regions of a sighting's evidence by their names; none is all of them. */
const PLACES: Readonly<Record<string, number>> = { left: 1, middle: 2, center: 2, centre: 2, right: 3 };

/** Something by its name. */
interface KnownThing {
  /** The classes that it is said of. */
  readonly classes: readonly number[];
  /** So probable are they together where it is in view. */
  readonly fromProbability: number;
}

/** All that eyes know, by its name in lower case. */
export type KnownThings = ReadonlyMap<string, KnownThing>;

/** Names, clear names and kinds of classes. */
export function knownThings(classes: readonly ClassName[]): KnownThings {
  const known = new Map<string, Set<number>>();
  for (const [index, { names, clear, kinds }] of classes.entries()) {
    for (const name of [...names, clear, ...kinds].map(plain)) {
      const of = known.get(name) ?? new Set<number>();
      known.set(name, of.add(index));
    }
  }
  return new Map([...known].map(([name, of]) => [name, knownThing([...of], classes)]));
}

function knownThing(of: readonly number[], all: readonly ClassName[]): KnownThing {
  if (of.some((index) => all[index]?.wnid === TAUGHT)) return { classes: of, fromProbability: TAUGHT_FROM };
  return { classes: of, fromProbability: TIMES_CHANCE * Math.min(of.length / all.length, MOST_CHANCE) };
}

/**
 * Whether a picture shows what a question asks for, where that is a thing with a known name and nothing else.
 * @param evidence - probabilities of all classes, for the whole picture and its left, middle and right third
 */
export function findThing(
  question: string,
  evidence: readonly Float32Array[],
  known: KnownThings,
): FoundThing | undefined {
  const asked = QUESTIONS.map((pattern) => pattern.exec(question.trim())?.groups).find((groups) => groups);
  const phrase = asked?.["thing"]?.toLowerCase() ?? "";
  const thing = phrase.replace(/^\S+ /u, "");
  const names = [plain(phrase), ...singulars(plain(thing))].filter((name) => !PEOPLE.test(name));
  const meant = names.map((name) => known.get(name)).find((one) => one !== undefined);
  if (meant === undefined || evidence.length === 0) return undefined;
  const place = asked?.["place"]?.toLowerCase();
  const parts = place === undefined ? evidence : [evidence[PLACES[place] ?? 0]];
  const { classes, fromProbability } = meant;
  const isThere = parts.some(
    (part) => classes.reduce((sum, index) => sum + (part?.[index] ?? 0), 0) >= fromProbability,
  );
  return { name: `${phrase.replace(/^(?:any|some|the) /u, "")}${placeWords(place)}`, isThere };
}

function placeWords(place: string | undefined): string {
  if (place === undefined) return "";
  return place === "left" || place === "right" ? ` on the ${place}` : " in the middle";
}

/** A name as it is, and as one of what may be many. */
function singulars(name: string): readonly string[] {
  const endings = [
    name,
    name.replace(/ies$/u, "y"),
    name.replace(/(?<=s|x|z|ch|sh)es$/u, ""),
    name.replace(/s$/u, ""),
  ];
  return [...new Set(endings)];
}

function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^\p{L}]+/gu, " ")
    .trim();
}
