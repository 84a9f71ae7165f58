import { lastSentences } from "./last-sentences.ts";
import { middleColours } from "../vision/index.ts";
import type { InView } from "./monitor/index.ts";
import type { Picture } from "../vision/index.ts";
import type { Seen, SeenPicture } from "./seen.ts";
import type { SessionEvent } from "./session-events.ts";
import type { SeenFrame } from "./sight.ts";
import type { FoundThing, ReadLine, SeenFace, Sight, Sighting, SightLabel } from "./sight-contracts.ts";

/** Said to the language model as long as there is a picture. */
export const SEEING = "[camera: ...] is what the user's camera shows.";

/** Characters of printed text that a prompt may hold: a notice, not a book. */
const PRINT_LIMIT = 600;
/** What is less likely in view is not what a question means by its name. */
const WORTH_A_NAME = 0.05;
const CONTROL = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}]+/gu;

const ASKS_TO_READ =
  /\b(?:reads?|written|writes?|text|words? (?:on|in|at)|sign|label|title|print(?:ed)?|says|(?:what|does)\b(?:(?!\b(?:you|we|they|people|i)\b).){1,40}\bsay)\b/iu;

/** Whether a question is about what is printed in a picture. */
export function asksToRead(question: string): boolean {
  return ASKS_TO_READ.test(question);
}

const ASKS_OF_END = /\b(?:bottom|below|foot|last|lowest|at the end)\b/iu;

/**
 * What is printed in a picture, for a prompt: quoted, so that it reads as something that stands there and not as
 * something that is said; cut to what a prompt may hold, from its end on where a question is about that; without control
 * marks. Empty where nothing is printed.
 */
export function printedWords(lines: readonly ReadLine[], question = ""): string {
  const clean = lines
    .map(({ text }) =>
      text
        .normalize("NFKC")
        .replace(CONTROL, " ")
        .replace(/["<>|[\]]/gu, " ")
        .replace(/\s+/gu, " ")
        .trim(),
    )
    .filter((text) => text !== "");
  if (clean.length === 0) return "";
  const all = clean.join(" / ");
  const cut = ASKS_OF_END.test(question) ? all.slice(-PRINT_LIMIT) : all.slice(0, PRINT_LIMIT);
  return `[printed in the picture, to be read aloud at most: "${cut}"]`;
}

/** So sure is it that a picture is dark, say, that it is worth a word. */
const WORTH_A_WORD = 0.5;
const MOST_THINGS = 3;
/** What a frame as a whole can be. Colours, shapes and counts come beside these, but are true of drawn pictures only. */
const STATES: ReadonlyMap<string, string> = new Map([
  ["dark", "the camera picture is too dark to see anything"],
  ["blank", "the camera shows nothing but a plain surface"],
  ["blurred", "the camera picture is too blurred to see anything"],
  ["covered", "something covers the camera"],
  ["noise", "the camera picture is nothing but noise"],
]);

/** What people who show a picture may want to know of what it is taken for. */
export function viewOf(
  { stampMs }: Pick<SeenFrame, "stampMs">,
  { labels, places, scene, faces, sure, kind }: Omit<Sighting, "tokens">,
): Extract<SessionEvent, { readonly type: "view" }> {
  // The whole of two things is neither of them: what a side surely shows counts as well.
  const sides = sure
    ? [places.left, places.right].flatMap(([side]) =>
        side !== undefined && side.probability >= WORTH_A_WORD ? [side] : [],
      )
    : [];
  const known = [...labels, ...sides].sort((one, other) => other.probability - one.probability);
  const things = known
    .filter(({ name }, index) => known.findIndex((thing) => thing.name === name) === index)
    .slice(0, MOST_THINGS)
    .filter(({ probability }) => probability >= WORTH_A_NAME);
  const states = scene.filter(isState);
  return {
    type: "view",
    ...(stampMs !== undefined && { pictureMs: stampMs }),
    labels: [...things, ...states].map(({ name, probability }) => ({ name, probability })),
    people: faces.length,
    isSure: sure,
    ...(kind !== undefined && { kind }),
  };
}

/**
 * That nothing can be told of a picture, and why; or nothing but its colours. Bare words ("it is not clear") are taken for a riddle,
 * and guessed at.
 */
function unclearNote({ scene }: Pick<Sighting, "scene">, hasColours: boolean): string {
  if (hasColours) return "[what it is cannot be told]";
  const state = scene.find(isState);
  const why = (state && STATES.get(state.name)) ?? "the camera shows nothing that you can recognise";
  return `[${why}; say that you can't tell what it is]`;
}

function isState({ name, probability }: SightLabel): boolean {
  return STATES.has(name) && probability >= WORTH_A_WORD;
}

/** What the monitor is to know of a picture; nothing of one that is dark or covered, say: who knows who is there. */
export function inViewOf({
  labels,
  places,
  scene,
  faces,
  kind,
}: Omit<Sighting, "tokens" | "sure">): InView | undefined {
  if (scene.some(isState)) return undefined;
  const kinds = kind === undefined ? [] : [{ name: kind, probability: 1 }];
  return { people: faces.length, things: [...thingsIn({ labels, places }), ...kinds] };
}

/** What the things in a picture are called that are worth a word, wherever they are. */
export function namesOf(sighting: Pick<Sighting, "labels" | "places">): readonly string[] {
  return [...new Set(thingsIn(sighting).map(({ name }) => name))];
}

/** The things in a picture that are worth a word: of all of it, and of each place; some of them more than once. */
function thingsIn({ labels, places }: Pick<Sighting, "labels" | "places">): readonly SightLabel[] {
  const likely = [labels.slice(0, 3), ...Object.values(places).map((things) => things.slice(0, 1))].flat();
  return likely.filter(({ probability }) => probability >= WORTH_A_NAME);
}

const ASKS_OF_COLOUR =
  /\b(?:colou?r(?:s|ed|ful)?|black|white|gr[ae]y|red|orange|yellow|green|blue|purple|pink|brown|beige)\b/iu;

/**
 * What the pixels of a picture say to a question of colour, which the encoder cannot tell: of what is in the middle, whatever
 * that is. None where nobody asks.
 */
function colourNotes(picture: Picture, question: string): readonly string[] {
  if (!ASKS_OF_COLOUR.test(question)) return [];
  // Of what is around it nothing: a small language model would say that of the thing itself.
  return [`[by its pixels, what is in the middle is ${middleColours(picture).join(" and ")}]`];
}

/** A picture as it was looked at, and what is asked about it. */
export interface AskedPicture {
  readonly picture: Picture;
  readonly sighting: Sighting;
  readonly question: string;
}

/** What is known of what a question asks of a picture, for {@link sightParts}. */
export interface AskedNotes {
  /** Of colours, which are known of what cannot be told, too. */
  readonly colours: readonly string[];
  /** What is there, or is not. */
  readonly things: readonly string[];
}

/** What a question asks of a picture that its vectors do not tell well: colours, a thing by its name, and what is at a side. */
export function askedNotes(
  { picture, sighting, question }: AskedPicture,
  sight: Pick<Sight, "find">,
): AskedNotes {
  const state = sighting.scene.find(isState)?.name;
  const colours = HIDING.has(state ?? "") ? [] : colourNotes(picture, question);
  if (state !== undefined) return { colours, things: [] };
  const found = sight.find?.(question, sighting);
  const isOfMore = colours.length > 0 || asksToRead(question);
  return {
    colours,
    things: found === undefined ? placeNotes(question, sighting, isOfMore) : [foundNote(found)],
  };
}

/** In these states not even colours are those of the things. */
const HIDING: ReadonlySet<string> = new Set(["dark", "covered", "noise"]);

const PLACE =
  /\b(?:on|to|at|in) (?:the|your) (?:far )?(left|right|middle|cent(?:er|re))(?:[- ]hand)?(?: side)?(?=\s*(?:$|[,;]|(?:and|please|now|here|there)\b|of (?:the|this|your) (?:picture|image|photo|screen|view|frame)\b))/giu;
/** What is no more likely than that is guessed by the language model from its vectors, or from those of another place. */
const WORTH_A_GUESS = 0.2;
/** Of a place whose likeliest thing is less likely than that nothing is told by its vectors either. */
const NOTHING_KNOWN = 0.1;

/**
 * What is surely at the places that are asked about, or that nothing there is known, where nothing else of it is asked; between
 * them its vectors tell enough. Nothing by eyes that look at no places.
 */
function placeNotes(
  question: string,
  { places, faces, sure, evidence, isShownItself }: Sighting,
  isOfMore: boolean,
): readonly string[] {
  if (evidence === undefined || isShownItself === true) return [];
  const [asked = []] = lastSentences(question)
    .map((sentence) => [...sentence.matchAll(PLACE)].map(([, place = ""]) => place.toLowerCase()))
    .filter((found) => found.length > 0);
  return [...new Set(asked)].flatMap((side) => {
    const place = side === "left" || side === "right" ? side : "center";
    const where = place === "center" ? "in the middle" : `on the ${place}`;
    const { name = "", probability = 0 } = places[place][0] ?? {};
    if (probability >= WORTH_A_WORD) return [`[${where}: ${withArticle(name)}]`];
    if (sure && probability >= WORTH_A_GUESS) return [`[${where}: perhaps ${withArticle(name)}]`];
    const isSomebodyThere = faces.some(({ left, width }) => placeName(left + width / 2) === where);
    const isEmpty = probability < NOTHING_KNOWN && !isSomebodyThere && !isOfMore;
    return isEmpty ? [`[${where}: nothing that you can recognise]`] : [];
  });
}

/**
 * What does not show something is told as such: "no cup" is read as a cup. So is what nobody can tell: who is asked for a cup and
 * told nothing of it says yes.
 */
function foundNote({ isThere, name }: FoundThing): string {
  if (isThere === undefined) return `[no, the camera does not surely show ${name}]`;
  return `[${isThere ? "yes, the camera shows" : "no, the camera does not show"} ${name}]`;
}

/** How many people are in view, and where. Empty where there are none. */
export function peopleWords(faces: readonly SeenFace[]): string {
  if (faces.length === 0) return "";
  const places = faces.map(({ left, width }) => placeName(left + width / 2)).join(", ");
  const people = faces.length === 1 ? "a person" : `${faces.length} people`;
  return `[in view: ${people}, ${places}]`;
}

function placeName(center: number): string {
  if (center < 1 / 3) return "on the left";
  return center > 2 / 3 ? "on the right" : "in the middle";
}

/** What is known of a picture beside what the encoder sees in it. */
export interface SightNotes {
  readonly lines: readonly ReadLine[];
  /** How fresh it is, say. */
  readonly notes?: readonly string[];
  /** What is known of it that was asked for. */
  readonly asked?: AskedNotes;
  /** What is asked about it, by which it is chosen what of much print is told. */
  readonly question?: string;
}

/**
 * A picture as it stands before a question: the frame, and what its vectors do not say. Where nothing is sure, they would
 * be taken for a certainty: then a language model gets none.
 */
export function sightParts(
  frame: SeenPicture,
  sighting: Sighting,
  { lines, notes = [], asked: { colours, things } = NOTHING_ASKED, question }: SightNotes,
): Seen {
  const { sure, faces, kind, tokens, isShownItself = false } = sighting;
  const isNothingKnown = !sure && faces.length === 0 && !isShownItself;
  const print = printedWords(lines, question);
  const isOtherKnown = things.length > 0 || print !== "";
  const all = [
    ...notes,
    isShownItself || things.length > 0 ? "" : shownNote(sighting),
    ...colours,
    ...things,
    kind === undefined || things.length > 0 || isShownItself
      ? ""
      : `[the camera shows some ${kind}; which one is not certain, so do not name one]`,
    isNothingKnown && !isOtherKnown ? unclearNote(sighting, colours.length > 0) : "",
    peopleWords(faces),
    print,
  ].filter((note) => note !== "");
  const text: Seen = all.length === 0 ? [] : [{ type: "text", text: all.join(" ") }];
  return isNothingKnown && tokens.length > 0 ? text : [frame, ...text];
}

/**
 * What is surely in the picture, in words: small language models take a picture's vectors for their own words, and say that they
 * cannot see. The whole, or what its sides show where that is different things.
 */
function shownNote({ labels: [whole], places, scene, kind, sure }: Sighting): string {
  if (!sure || kind !== undefined || scene.some(isState)) return "";
  if (whole !== undefined && whole.probability >= WORTH_A_WORD)
    return `[the camera shows ${withArticle(whole.name)}]`;
  const [left, center, right] = [places.left[0], places.center[0], places.right[0]];
  const others = { left: [center, right], right: [center, left] };
  const things = (["left", "right"] as const).flatMap((side) => {
    const [thing] = places[side];
    const isOwn = others[side].every((other) => other?.name !== thing?.name);
    if (thing === undefined || thing.probability < WORTH_A_WORD || !isOwn) return [];
    return [`${withArticle(thing.name)} on the ${side}`];
  });
  return things.length === 0 ? "" : `[the camera shows ${things.join(", ")}]`;
}

function withArticle(name: string): string {
  if (/^(?:an?|the|my|your|our|his|her|their) |(?<![sui])s$/iu.test(name)) return name;
  return `${/^[aeiou]/iu.test(name) ? "an" : "a"} ${name}`;
}

const NOTHING_ASKED: AskedNotes = { colours: [], things: [] };
