/** What the words of a question say of what it is about. */
type Evidence = "view" | "elsewhere" | "fragment" | "stands-for" | "none";

/** Words that stand before a noun, or for one, and that point at something that both know of. */
const KNOWN_TO_BOTH =
  "i|you|he|she|it|we|they|there|this|that|these|those|the|my|your|his|her|its|our|their|me|him|them|us";

/** After "is" or "does": what is no noun that a question could bring along. */
const NO_OWN_NOUN =
  `(?:${KNOWN_TO_BOTH}|any\\w*|some\\w*|every\\w*|no|not|nobody|nothing|one|ones|all|be|both|each|
  |in|on|at|up|of|to|by|behind|next|near|under|inside|outside|beside|between|above|below|around|with|from|
  |left|right|new|different|wrong|missing|visible|written|printed|shown|changed|\\w+ing|
  |bigger|larger|smaller|taller|shorter|longer|closer|nearer|older|newer|better|people|
  |red|green|blue|yellow|black|white|brown|orange|pink|purple|gr[ae]y|big|large|small|tall|round|square|old|young|ripe|clean|
  |dirty|open|closed|empty|full|broken|ready|happy|sad|angry|tired|asleep|awake|alive|dead|hot|cold|wet|dry|safe|real|okay)\\b`.replace(
    /\n\s*\|/gu,
    "",
  );

/** Who says these points at something, or asks for eyes; whatever else is in the sentence. */
const POINTS: readonly RegExp[] = [
  /\b(?:this|these)\b(?! (?:year|month|week|weekend|morning|afternoon|evening|summer|winter|time|century|days)\b)/u,
  /\b(?:those|here|over there)\b/u,
  /(?:^|\b(?:is|are|was|what|who|like|of|on|in|at|to|with|for|read|about|see|call|called) )that\b|\bthat$/u,
  /\b(?:you|i|we) (?:can |could |do |did |just |still )?(?:see|saw|seeing|spot|notice|recogni[sz]e)\b/u,
  /^(?:please )?(?:look|watch|read)\b|\blook(?:s|ing)? (?:at|closer|closely|again)\b|\byou read\b/u,
  /\b(?:camera|picture|photo|image|screen|in view|visible|background|foreground)\b/u,
  /\b(?:holding|wearing|showing|pointing|in front of|(?:behind|beside|next to|near|around) (?:me|us|him|her|it))\b/u,
  /\b(?:am i|do i (?:look|have|seem))\b|\bmy (?!name|birthday|favou?rite)/u,
  /\b(?:on|to|at|in) the (?:left|right|middle|cent(?:er|re)|top|bottom|back|front|corner)\b/u,
  /\b(?:in|on|at|by|under) the (?:room|table|desk|wall|floor|door|window|shelf|chair|sofa|bed|box|bag|cup|glass|bowl|plate|sign|label)\b/u,
  /\bis there (?:a|an|any\w*|some\w*)\b|\b(?:changed|happening|going on|(?:and|about) now)\b/u,
  /^(?:(?:and|so|but) )?(?:what|who)(?: (?!time|day|year|month|date)\w+){0,3} is (?:it|he|she)$|^is (?:it|he|she) an? /u,
  /\bdoes (?:it|the \w+) (?:say|show|read)\b|\b(?:is|are) (?:it|he|she|they) \w+ing\b|^(?:is|are) \w+ \w+ing\b/u,
];

/** Who says these brings the thing along that is asked about: what anything of its kind is like, or one that is far away. */
const BRINGS_ITS_OWN: readonly RegExp[] = [
  // "what colour is a banana", "is water wet", "why are bananas yellow"; "was" begins German questions
  new RegExp(
    `^(?:(?:what|why|where|when|who)(?: colou?r| shape| size)? |how(?: \\w+){0,2} )?(?:is|are|(?<=\\w )(?:was|were)) (?!people\\b|${NO_OWN_NOUN})`,
    "u",
  ),
  // "how many legs does a spider have", "what do bees make", "can penguins fly"
  new RegExp(
    `^(?:(?:what|why|where|when|who|which|how)(?: \\w+){0,3} )?(?:do|does|did|can|could|would) (?!${NO_OWN_NOUN})`,
    "u",
  ),
  // "how do I boil an egg"
  new RegExp(
    `^how (?:do|can|could|should|would|to) (?:(?:i|you|we|one) )?(?!look|see)\\w+ (?!${NO_OWN_NOUN})`,
    "u",
  ),
  // "the capital of france", "the difference between a lake and a pond"
  new RegExp(`\\bthe (?:\\w+ ){1,3}(?:of|for|between) (?!(?:${KNOWN_TO_BOTH})\\b)\\w`, "u"),
  // "the largest ocean of all", "the first president"
  /\bthe (?:\w{3,}est|most \w+) (?:\w+ ){1,2}(?:in|of|on|ever)\b/u,
  /\bthe (?:\w{3,}est|most \w+) (?:\w+ )?(?:animal|bird|building|city|country|island|lake|language|metal|mountain|ocean|river|sea|word)\b/u,
  /\bthe (?:first|second) (?!(?:one|person|thing|object|item|man|woman|child|letter|word|line)\b)\w/u,
  /\b(?:world|earth|moon|universe|solar system|planets?|history|century|years?|months?|weeks?|hours?|minutes?)\b/u,
  /\b(?:invented|discovered|founded|wrote|painted|composed|born|president|capital)\b/u,
  /\b(?:plus|minus|(?<!many )times|divided by|multiplied by|square root|percent)\b/u,
  /\b(?:why (?:is|are)|of|far is) the (?:sky|sea|sun|grass)\b|\bdo (?:you|we) (?:use|need|call|say|spell|cook|make)\b/u,
  /^when (?:did|was|were|will)\b|\bdoes it (?:take|cost) to\b/u,
];

/** Said to the assistant itself: nothing that is seen belongs to it. */
const TO_THE_ASSISTANT: readonly RegExp[] = [
  /^(?:hello|hi|hey|thanks|thank you|bye|goodbye|good (?:morning|afternoon|evening|night))(?: \w+){0,2}$/u,
  /^(?:how|who|what) are you\b|\byour name\b|^what (?:time|day|year) is it\b|\bis the (?:time|date|weather)(?:$| in)/u,
  new RegExp(
    `^(?:please |can you |could you )*(?:tell me (?:about )?|explain |describe |define |translate |write |give me |list )(?:in detail\\b|(?!${NO_OWN_NOUN}|about\\b|what\\b|who\\b|more\\b))`,
    "u",
  ),
  /^(?:please |can you |could you )*(?:spell|calculate|count (?:to|from|down)|sing|remind|set|play|name (?:a|an|one|two|three))\b/u,
];

/** A name that stands within an English sentence: of a country, a book, somebody. */
const NAME =
  /^(?:[Ww](?:hat|ho|here|hen|hy|hich)|[Hh]ow|[Ii]s|[Aa]re|[Dd]oe?s?|[Dd]id|[Cc]an|[Tt]ell|[Aa]nd)\b.* (?!I\b)\p{Lu}\p{Ll}/u;

/** Stands for something that was said, or seen, before. */
const STANDS_FOR = /\b(?:it|its|he|him|his|she|her|they|them|their|ones?|(?!is|are|was|were)\w+ there)\b/u;

/** No sentence of its own: "and of Italy", "what about Germany", "why". */
const FRAGMENT =
  /^(?:(?:and |but |or |so )?(?:what|how) about\b|(?:and|but|or)\b(?!.*\b(?:is|are|was|were|do|does|did|can|has|have)\b)|(?:why|really|are you sure|tell me more|what else|how so|go on|again)$)/u;
/** "Hey Peter": who is spoken to is not what is asked about. */
const ADDRESS = /^(?:[Hh]ey|[Hh]i|[Hh]ello|[Oo]kay|OK),? \p{Lu}\p{Ll}+,? (?=\p{L})/u;
const CONNECTIVES = /^(?:(?:and|but|so|then|well|okay|ok|now|hey|please)\b,? )+/u;

/**
 * Whether what is in view belongs to the last of these questions, the others having been asked before it. It does not where
 * the words bring along what they are about ("How many legs does a spider have?"), and point at nothing; where they tell
 * nothing, it does. `names` is what the things in view are called.
 */
export function isAboutView(asked: readonly string[], names: readonly string[]): boolean {
  const verdicts: boolean[] = [];
  for (const question of asked) verdicts.push(verdictOn(evidenceOf(question, names), verdicts));
  return verdicts.at(-1) ?? true;
}

function verdictOn(evidence: Evidence, before: readonly boolean[]): boolean {
  switch (evidence) {
    case "elsewhere":
      return false;
    case "fragment":
      return before.at(-1) ?? true;
    case "stands-for":
      // "It" may well be what was talked of before a question in between.
      return before.length === 0 || before.includes(true);
    case "view":
    case "none":
      return true;
  }
}

function evidenceOf(question: string, names: readonly string[]): Evidence {
  const found = sentencesOf(question).map((sentence) => evidenceIn(sentence.replace(ADDRESS, ""), names));
  if (found.includes("view")) return "view";
  return found.findLast((evidence) => evidence !== "none") ?? "none";
}

function evidenceIn(sentence: string, names: readonly string[]): Evidence {
  const whole = plain(sentence);
  if (points(whole) || isNamed(whole, names)) return "view";
  if (FRAGMENT.test(whole)) return "fragment";
  const words = whole.replace(CONNECTIVES, "");
  if (TO_THE_ASSISTANT.some((pattern) => pattern.test(words))) return "elsewhere";
  const own = firstOf(BRINGS_ITS_OWN, words);
  const standsFor = firstOf([STANDS_FOR], words);
  // What stands after its noun means that: "why does a cat purr when it is stroked".
  if (own < Infinity && own <= standsFor) return "elsewhere";
  if (standsFor < Infinity) return "stands-for";
  return NAME.test(sentence) ? "elsewhere" : "none";
}

function sentencesOf(text: string): readonly string[] {
  return text.split(/[.?!]+(?:\s+|$)/u).filter((sentence) => sentence !== "");
}

function points(words: string): boolean {
  return POINTS.some((pattern) => pattern.test(words));
}

/** Whether somebody who says this points at something, or asks for eyes: "What is this?" */
export function pointsAtView(text: string): boolean {
  return sentencesOf(text).map(plain).some(points);
}

/** Whether something that is called so is named, or its kind. */
export function namesThing(text: string, name: string): boolean {
  return isNamed(plain(text), [name]);
}

/** Where the first match begins; Infinity where there is none. */
function firstOf(patterns: readonly RegExp[], text: string): number {
  const places = patterns.map((pattern) => text.search(pattern)).filter((place) => place >= 0);
  return Math.min(Infinity, ...places);
}

/** Whether something in view is named, or its kind: the last word of "American alligator"; "can" is mostly another word. */
function isNamed(words: string, names: readonly string[]): boolean {
  const kinds = names.flatMap((name) => [plain(name), plain(name).split(" ").at(-1) ?? ""]);
  return kinds
    .map((kind) => kind.replace(/(?:(?<=[sxz]|ch|sh)e)?s$/u, ""))
    .some(
      (kind) => kind.length > 2 && kind !== "can" && new RegExp(`\\b${kind}(?:s|es)?\\b`, "u").test(words),
    );
}

/** Lower case, without marks, short forms written out. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[’']s\b/gu, " is")
    .replace(/[’']re\b/gu, " are")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
