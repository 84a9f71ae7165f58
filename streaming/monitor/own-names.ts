import { BACKCHANNELS, OTHERS } from "./lexicon.ts";
import { ABBREVIATED_TITLES, GREETINGS } from "./names.ts";
import { wordsOf } from "./words.ts";

/** Instructions are read so far: no client may give longer ones. */
const READ_CHARACTERS = 40_000;
const MOST_NAMES = 8;
const SHORTEST_NAME = 2;
const LONGEST_NAME = 40;

/** Of a word. Unicode's letters and digits, which say it better, make expressions that take a tenth of a second to compile. */
const LETTER = "[^\\s!-/:-@\\[-`{-~–—…]";

/** "Emma", "Jean-Luc", "R2-D2", "O'Brien"; of "Emma's" the name alone. */
const CAPITALISED = `\\p{Lu}${LETTER}*(?:-${LETTER}+|'${LETTER}{2,})*`;
const NAME = `${CAPITALISED}(?: (?:${CAPITALISED}|\\d+))?`;

/** Where "you are" says what the assistant is: "if you are Emma" and "say that you are Emma" do not. */
const START = "(?:^|[.!?:;,()>#–—-] ?|(?<=^| )(?:and|now on|(?:[Ii]magine|[Pp]retend)(?: that)?) )";
const YOU_ARE = `${START}[Yy]ou(?: are|'re)(?: now)?`;

/** Behind these words, somebody else is named: "a nurse helping someone called Tom", "a friend of a boy called Tom". */
const OF_OTHERS =
  "an?|the|my|your|his|her|its|our|their|this|that|these|those|who|whose|whom|which|is|are|was|were|has|have|for|to|of|with" +
  "|from|by|in|on|at|about|as|than|someone|somebody|anyone|people|users|customers|guests|clients|children|students|patients";

/** "You are Emma.", "You are Nova, a friendly guide": the name is all that the assistant is said to be. */
const AS_PREDICATE = new RegExp(
  `${YOU_ARE} '?(${NAME}|${LETTER}+)(?='? ?(?:$|[.,;:!?()<–—])|'? - |'? (?:and|who) )`,
  "gu",
);

/** Ways to say that something is a name. */
const AS_NAME = [
  `${START}[Yy]our name(?: is|'s)(?: now)?`,
  `${YOU_ARE} (?:called|named|known as)`,
  `${YOU_ARE} (?:an?|the) (?:(?!(?:${OF_OTHERS}) )(?:${LETTER}|['-])+,? ){1,6}(?:(?:who is )?(?:named|called)|whose name is)`,
].map((form) => new RegExp(`${form} '?(${NAME}|${LETTER}+)(?!'?${LETTER}|-${LETTER}| \\p{Lu})`, "gu"));

/** What somebody may write with a capital and is no name: adjectives by their endings, and a few others. */
const DESCRIPTION =
  /(?:ful|less|ous|[st]ive|[ai]ble|[dgit]ent|ing|ish|ese)$|^(?:an?|ai|american|brief|calm|canadian|concise|dutch|expert|formal|french|friendly|german|honest|indian|italian|kind|loyal|mexican|not|polite|russian|smart|terse|the|warm|witty)$/u;

/**
 * What the assistant is called by its instructions, in lower case and without marks. Narrow on purpose: with a wrong name, what
 * is said to somebody else becomes a question. These are read, line by line, where the name has at most two words and begins with
 * a capital, or is one of those that people are called by:
 *
 * - "You are Emma.", "You're Nova, a friendly guide": the name stands alone, and is no adjective;
 * - "Your name is Max";
 * - "You are called Max", "named", "known as";
 * - "You are a helpful assistant named Nova", "called", "whose name is": nobody else is spoken of in between.
 *
 * "I am" and "my name is" are not: whoever writes instructions may tell of themselves. Of two words, the first counts alone,
 * too, where people are called so.
 */
export function ownNamesIn(instructions: string): readonly string[] {
  const lines = instructions.slice(0, READ_CHARACTERS).split("\n").map(plain);
  const found = lines.flatMap((line) => [
    ...captured(line, AS_PREDICATE).filter((name) => !isDescription(name)),
    ...AS_NAME.flatMap((form) => captured(line, form)),
  ]);
  const names = found
    .filter(isNameLike)
    .map((name) => wordsOf(name).join(" "))
    .filter(({ length }) => length >= SHORTEST_NAME && length <= LONGEST_NAME)
    .flatMap((name) => [
      name,
      ...wordsOf(name)
        .slice(0, 1)
        .filter((first) => OTHERS.has(first)),
    ]);
  return [...new Set(names)].slice(0, MOST_NAMES);
}

/** A line in which quotation and emphasis are no hindrance, nor the full stop of "Dr.". */
function plain(line: string): string {
  return line
    .replace(/[’‘]/gu, "'")
    .replace(/["“”*_`]/gu, "")
    .replace(ABBREVIATED_TITLES, "$1")
    .replace(/\s+/gu, " ")
    .trim();
}

function captured(line: string, form: RegExp): readonly string[] {
  return Array.from(line.matchAll(form), ([, name = ""]) => name);
}

function isNameLike(name: string): boolean {
  return /^\p{Lu}/u.test(name) || OTHERS.has(name);
}

function isDescription(name: string): boolean {
  const words = wordsOf(name);
  if (OTHERS.has(words[0] ?? "")) return false;
  return words.some((word) => DESCRIPTION.test(word) || BACKCHANNELS.has(word));
}

/**
 * A text in which "Assistant" stands wherever the assistant is called by a name of its own: in a part between commas, or after a
 * greeting. Where it is spoken of, or the name is another word ("Will it rain?"), everything stays as it was.
 */
export function asAssistant(text: string, ownNames: readonly string[]): string {
  if (ownNames.length === 0) return text;
  const names = ownNames
    .toSorted((a, b) => b.length - a.length)
    .map((name) => name.replaceAll(" ", "(?:\\.? |-)").replaceAll("'", "['’]"))
    .join("|");
  const greeting = `(?:${[...GREETINGS].join("|")})\\s+`;
  const alone = new RegExp(`(?<=^|[,.!?])(\\s*(?:${greeting})*)(?:${names})(?=\\s*(?:[,.!?]|$))`, "giu");
  const greeted = new RegExp(`(?<=^|[,.!?])(\\s*(?:${greeting})+)(?:${names})(?![\\p{L}\\p{N}'’-])`, "giu");
  return text.replace(alone, "$1Assistant").replace(greeted, "$1Assistant");
}
