import { type FoundThing, lastSentences } from "../../streaming/index.ts";
import type { ClassName } from "./class-names.ts";
import { TAUGHT } from "./taught-things.ts";

/**
 * What is twice as probable as by chance, and a tenth as much as the likeliest beside it, is there; below a fiftieth of that,
 * or below its chance, it is not; between them nobody knows. A kind's chance is that of its classes together. Fitted to held-out
 * photos and collages, all of them blurred; of sharp collages, 90 % of what is there is found so, and 98 % of what is not and
 * is of another kind is told right.
 */
const TIMES_CHANCE = 2;
const BESIDE_THE_BEST = { there: 0.1, notThere: 0.02 } as const;
/** Something is called what it is asked to be ("Is that a wolf?") only if nothing else is twice as likely. */
const CALLED = 0.5;
/** Kinds of a great part of all classes say nothing by their chance. */
const MOST_CHANCE = 0.25;
/** In a part of a picture in which nothing is as probable as that nothing is seen. */
const LIKELY = 0.1;
/** Taught things are probable each for itself (see `TaughtThings`). */
const TAUGHT_FROM = 0.5;

/**
 * Kinds of which the classes are all that people mean by them. Of other kinds (chairs: of barbers, of kings) and of other names
 * ("nail", for one of metal) it cannot be said that there is none.
 */
const COVERED_KINDS = new Set(
  "animal,bird,car,cat,dog,fish,frog,fruit,insect,lizard,monkey,musical instrument,snake,spider,vehicle".split(
    ",",
  ),
);

/** Faces are found by what finds faces. */
const PEOPLE =
  /^(?:person|people|man|men|woman|women|child|children|boys?|girls?|face|faces|somebody|someone|anybody|anyone)$/u;

const ARTICLE = /^(?:an?|any|some|the|my|your) /u;
const THING = "(?<thing>(?:(?:an?|any|some|the|my|your) )?[\\p{L}'’ /-]+?)";
const PLACE =
  "(?:on|in|at|to) (?:the|your) (?:far )?(?<place>left|right|middle|cent(?:er|re))(?:[- ]hand)?(?: side)?";
const ELSEWHERE = [
  "here",
  "there",
  "now",
  "please",
  "antiphon",
  "too",
  "also",
  "as well",
  "(?:some|any)where",
  "in (?:the|this|my|your|that) (?:picture|image|photo|view|frame|camera|room|(?:left |right )?hands?)",
  "in view",
  "in front of (?:me|you|the camera)",
  "(?:of|on) (?:the|this|my) (?:picture|camera|screen)",
].join("|");
/** "What colour is this car?" does not ask whether it is one. */
const NOT_OPEN = "(?<!\\b(?:what|which|how|whose|who|why|where|when)\\b.*)";
const QUESTIONS = [
  "(?:is|are) there(?: also)?",
  "(?:do|can|could|did) you (?:also )?(?:see|spot|recogni[sz]e|make out)",
  "(?<called>is (?:this|that|it))",
  "am i (?:holding|wearing|showing you)",
  "does (?:the|this) (?:picture|image|photo|camera) show",
].map(
  (beginning) =>
    new RegExp(
      `${NOT_OPEN}\\b${beginning} ${THING}(?:,? (?:${ELSEWHERE}))*(?:,? ${PLACE}(?:,? (?:${ELSEWHERE}))*)?$`,
      "iu",
    ),
);

/** Regions of a sighting's evidence by their names; none is all of them. */
const PLACES: Readonly<Record<string, number>> = { left: 1, middle: 2, center: 2, centre: 2, right: 3 };

/** Something by its name. */
interface KnownThing {
  /** The encoder's classes that it is said of. */
  readonly classes: number[];
  readonly taught: number[];
  /** Whether they are all that people mean by it. */
  isCovered: boolean;
}

/** All that eyes know, by its name in lower case, and how many classes that are. */
export interface KnownThings {
  readonly byName: ReadonlyMap<string, KnownThing>;
  readonly count: number;
}

/** Names, clear names and kinds of classes, and names of what was taught. */
export function knownThings(classes: readonly ClassName[]): KnownThings {
  const byName = new Map<string, KnownThing>();
  for (const [index, { wnid, names, clear, kinds }] of classes.entries()) {
    for (const name of new Set([...names, clear, ...kinds].map(plain))) {
      const known = byName.get(name) ?? { classes: [], taught: [], isCovered: false };
      (wnid === TAUGHT ? known.taught : known.classes).push(index);
      known.isCovered ||= name === plain(clear) || COVERED_KINDS.has(name);
      byName.set(name, known);
    }
  }
  return { byName, count: classes.length };
}

/**
 * Whether a picture shows what a question asks for, where that is a thing with a known name and nothing else. Undefined where
 * it is none; neither there nor missing where nobody can tell.
 * @param evidence - probabilities of all classes, for the whole picture and its left, middle and right third
 */
export function findThing(
  question: string,
  evidence: readonly Float32Array[],
  known: KnownThings,
): FoundThing | undefined {
  const asked = askedThing(question);
  if (asked === undefined || evidence.length === 0) return undefined;
  const { thing: phrase, place, called } = asked;
  const bare = phrase.replace(ARTICLE, "");
  const names = [plain(phrase), ...singulars(plain(bare))];
  const meant = names
    .filter((name) => !PEOPLE.test(name))
    .map((name) => known.byName.get(name))
    .find((one) => one !== undefined);
  // "Is it orange?" asks for no orange.
  const isNoun =
    bare !== phrase || (called === undefined && bare.endsWith("s")) || meant?.taught.length !== 0;
  const parts = place === undefined ? evidence : [evidence[PLACES[place] ?? 0] ?? new Float32Array()];
  if (meant === undefined || !isNoun) return undefined;
  const there = called === undefined ? BESIDE_THE_BEST.there : CALLED;
  const isThere = parts.some((part) => saysAnything(part) && shows(part, meant, known.count, there));
  const mayBe = isThere || parts.some((part) => shows(part, meant, known.count, BESIDE_THE_BEST.notThere));
  const isKnown = isThere || (!mayBe && meant.isCovered && parts.some(saysAnything));
  const name = `${phrase.replace(/^(?:any|some|the) /u, "")}${placeWords(place)}`;
  return { name, ...(isKnown && { isThere }) };
}

/** The last sentence that asks whether something is there, and what. */
function askedThing(question: string): { thing: string; place?: string; called?: string } | undefined {
  for (const sentence of lastSentences(question)) {
    const words = sentence.toLowerCase();
    const groups = QUESTIONS.map((pattern) => pattern.exec(words)?.groups).find((found) => found);
    if (groups?.["thing"] !== undefined) return { ...groups, thing: groups["thing"] };
  }
  return undefined;
}

/** Where nothing is likely, what is twice as likely as by chance is noise. */
function saysAnything(part: Float32Array): boolean {
  return part.some((probability) => probability >= LIKELY);
}

/** Whether a part of a picture shows it: by chance, and beside the likeliest that it is not. */
function shows(
  part: Float32Array,
  { classes, taught }: KnownThing,
  count: number,
  besideTheBest: number,
): boolean {
  if (taught.some((index) => (part[index] ?? 0) >= TAUGHT_FROM)) return true;
  if (classes.length === 0) return false;
  const own = new Set(classes);
  const sum = classes.reduce((total, index) => total + (part[index] ?? 0), 0);
  const best = part.reduce((most, value, index) => (own.has(index) ? most : Math.max(most, value)), 0);
  const chance = Math.min(classes.length / count, MOST_CHANCE);
  return sum >= TIMES_CHANCE * chance && sum >= besideTheBest * best;
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
