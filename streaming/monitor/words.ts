import {
  ANSWERS,
  ASKING_ENDINGS,
  BACKCHANNELS,
  COURTESIES,
  DIRECT_OPENINGS,
  FILLERS,
  HESITATIONS,
  INTERJECTIONS,
  INVENTED_PHRASES,
  NEVER_ENDINGS,
  OPEN_ENDINGS,
  PREAMBLES,
  REQUEST_OPENINGS,
  STOP_COMPANIONS,
  STOP_PHRASES,
  SUBJECTS,
  SUBORDINATORS,
  WHOLE_ENDINGS,
} from "./lexicon.ts";

/** What Whisper writes of sound that is no speech: "[BLANK_AUDIO]", "(music)", "*sighs*", "♪". */
const ANNOTATIONS = /\[[^\]]*\]|\([^)]*\)|\*[^*]*\*|♪+/gu;

/** The words of a recognised text: lower case, no punctuation, no annotations; hyphens part words. */
export function wordsOf(text: string): readonly string[] {
  const spoken = text.replace(ANNOTATIONS, " ").replaceAll("’", "'").toLowerCase();
  return (spoken.match(/[\p{L}\p{N}']+/gu) ?? [])
    .map((word) => word.replace(/^'+|'+$/gu, ""))
    .filter(Boolean);
}

/**
 * A command to be silent and nothing else: "Stop.", "okay, okay, stop please", "wait wait", "No, no, no!". A longer
 * sentence that begins so ("wait, what about Paris?") is none.
 */
export function isStopCommand(words: readonly string[]): boolean {
  const phrases = cover(words, [STOP_PHRASES, STOP_COMPANIONS]);
  return phrases?.some((phrase) => STOP_PHRASES.has(phrase)) ?? false;
}

/** Most words of a backchannel, as published scorers count them; what is repeated counts once. */
const MOST_BACKCHANNEL_WORDS = 3;

/** "Mm-hmm.", "Yeah, right.", "oh wow", "of course, of course": says no more than that one listens. */
export function isBackchannel(words: readonly string[]): boolean {
  const phrases = cover(words, [BACKCHANNELS]);
  return phrases !== undefined && [...new Set(phrases)].join(" ").split(" ").length <= MOST_BACKCHANNEL_WORDS;
}

/** Something that makes sense only after a question: "yes", "no thanks", "maybe". */
export function isAnswer(words: readonly string[]): boolean {
  return cover(words, [ANSWERS, BACKCHANNELS]) !== undefined;
}

/** Only sounds of looking for words: "um", "so, uh". */
export function isFiller(words: readonly string[]): boolean {
  return cover(words, [FILLERS]) !== undefined;
}

/** It ends where no sentence ends: in a conjunction, an article, a preposition, a comma or dots. */
export function isOpenEnded(text: string): boolean {
  const trimmed = text.trimEnd();
  if (/(?:\.\.\.|…|,|-|–|—)$/u.test(trimmed)) return true;
  // A full stop after "I am." is Whisper's habit, a question mark is the speaker's tone; but none asks "What is the?"
  const endings = trimmed.endsWith("?") ? NEVER_ENDINGS : OPEN_ENDINGS;
  const words = wordsOf(text);
  if (WHOLE_ENDINGS.has(words.slice(-2).join(" "))) return false;
  return endings.has(words.slice(-1).join(" ")) || endings.has(words.slice(-2).join(" "));
}

/** It asks for or demands something: by its first words, after any "okay, so …", or by its question mark. */
export function isRequest(text: string): boolean {
  const words = wordsOf(text);
  return opensWith(words, REQUEST_OPENINGS) || (words.length > 1 && text.trimEnd().endsWith("?"));
}

/** One of its sentences is a question or a command by its form; wishes and statements are neither. */
export function isDirect(text: string): boolean {
  if (text.trimEnd().endsWith("?")) return true;
  return text.split(/(?<=[.!?])\s+/u).some((sentence) => opensWith(wordsOf(sentence), DIRECT_OPENINGS));
}

/** Whether the words begin with an opening, after any preamble; "when I …" is none. */
function opensWith(words: readonly string[], openings: ReadonlySet<string>): boolean {
  let start = 0;
  for (;;) {
    const isSubordinate = SUBORDINATORS.has(words[start] ?? "") && SUBJECTS.has(words[start + 1] ?? "");
    if (!isSubordinate && matchAt(words, start, [openings]) > 0) return true;
    const preamble = matchAt(words, start, [PREAMBLES, COURTESIES]);
    if (preamble === 0 || start + preamble >= words.length) return false;
    start += preamble;
  }
}

/** "Can you explain to me why": perhaps all of it, as often the beginning of what is asked. */
export function mayLeadOn(text: string): boolean {
  return ASKING_ENDINGS.has(wordsOf(text).slice(-2).join(" "));
}

/** "Actually.", "Sorry, but": only asks for the floor. */
export function isInterjection(words: readonly string[]): boolean {
  return cover(words, [INTERJECTIONS, HESITATIONS])?.some((phrase) => INTERJECTIONS.has(phrase)) ?? false;
}

/** Sentences that say that something will be asked, and not what: whole ones, and those that only begin to ask. */
const ANNOUNCEMENTS: readonly RegExp[] = [
  /^(?:i (?:meant|mean|wanted|want|was asking(?: for| about)?|asked(?: for| about)?) )?(?:something|another thing|anything) (?:else|different|other)$/u,
  /^(?:that's|that is|this is|it's) not (?:what|the (?:one|thing)) i (?:meant|mean|wanted|want|asked|was asking|said)(?: for| about)?$/u,
  /^(?:i|you) (?:didn't|did not) (?:mean|ask|want|say|understand)(?: (?:that|this|it|me|for that|about that))?$/u,
  /^(?:i have|i've got|i got|i had|there's|there is) (?:a|an|one|another|one more|a different|a quick|some)(?: \w+)? (?:question|questions|thing|idea|request)(?: for you)?$/u,
  /^(?:let me|can i|could i|may i|i want to|i'd like to|i wanted to|i would like to|i'll) (?:ask|tell)(?: you)?(?: (?:a|one|another|something|this|that))?(?: (?:else|different|thing|question|more))*$/u,
  /^(?:let's|let us|can we|could we|i want to|i'd like to) (?:talk|speak|chat)(?: about)? (?:something|anything) (?:else|different)$/u,
  /^(?:one|another)(?: more| other| last| quick)* (?:thing|question)$/u,
  /^(?:forget|leave|skip|drop|scratch|ignore)(?: about)? (?:that|this|it|all that|what i said)$/u,
  /^(?:wrong|not that(?: one)?|not this(?: one)?)$/u,
  /^(?:please |(?:can|could|would|will) you(?: please| maybe| just)? )?(?:tell|explain(?: to)?|show|remind|help|give) (?:me|us)(?: please| again)?(?: (?:um|uh))?$/u,
  /^(?:i (?:want|wanted|need|would like|was going|have|wish)|i'd like|i'm trying) to (?:know|ask|hear|learn|find out|understand)(?: from)?(?: you)?(?: (?:about|um|uh))?$/u,
  /^(?:(?:my|the|our) \w+ and i |i |we |i've |we've )?(?:was|were|am|are|been|'m|'re) (?:just )?(?:wondering|curious|asking(?: myself)?)$/u,
  /^(?:do|did) you (?:know|remember|think)$/u,
];

/** What may stand before an announcement. */
const BEFORE_ANNOUNCEMENTS = new Set(
  "no nope oh ah okay ok hey so well um uh wait sorry actually listen look alright right yes yeah and but please hi hello".split(
    " ",
  ),
);

/** "No, I meant something else." "Could you please tell me?" What it is about comes next. */
export function announcesMore(text: string): boolean {
  if (isInterjection(wordsOf(text)) && !text.trimEnd().endsWith("?")) return true;
  const words = wordsOf(text.split(/(?<=[.!?])\s+/u).at(-1) ?? "");
  const start = words.findIndex((word) => !BEFORE_ANNOUNCEMENTS.has(word));
  const line = words.slice(Math.max(0, start)).join(" ");
  return ANNOUNCEMENTS.some((pattern) => pattern.test(line));
}

/** Speech to people: on the telephone, about the household, to be done with hands, or told of somebody. */
const TO_PEOPLE: readonly RegExp[] = [
  /\b(?:call|ring|text) you (?:back|later|tomorrow)\b|\b(?:talk|speak) to you (?:later|soon|tomorrow)\b/u,
  /\bon the (?:phone|line|other line)\b|\bput (?:him|her|them) on\b|\bwho's (?:calling|speaking)\b|\bsee you (?:at|in|on|later|tomorrow|there|soon)\b/u,
  /\b(?:pass|hand|bring|grab|fetch) (?:me |us |him |her )?(?:the|that|a|my|some|those)\b/u,
  /\b(?:take|put|clean|wash|pick|get) (?:out |up |on |away )?(?:the (?:trash|garbage|dishes|dog|bins?|laundry|plates?)|your \w+)\b/u,
  /\byour (?:shoes|coat|jacket|homework|room|teeth|hands|bag|keys|dinner|lunch|breakfast|mother|father|mom|dad|brother|sister)\b/u,
  /\b(?:dinner|lunch|breakfast|food|coffee)(?:'s| is) (?:ready|getting cold|on the table)\b|\b(?:somebody|someone)(?:'s| is) at the door\b/u,
  /\bdid you (?:feed|lock|take|see my|put|pick|get the|eat|sleep|finish your|buy|pay|close|leave)\b/u,
  /\b(?:come|get) (?:here|over here|downstairs|upstairs|inside|down|in)\b|\b(?:are you|you) (?:coming|hungry|home|leaving)\b/u,
  /\b(?:i'll|i will|we'll|we will|i'm|be) (?:be )?(?:right )?(?:there|back|with you|home|down|over) (?:in (?:a|an|five|ten|two)|by|at|soon|tonight|tomorrow)\b|\bbe right (?:there|back|with you|over|down)\b/u,
  /\b(?:leave|put|hang|throw) (?:it|that|them|those|this) (?:on|in|at|by|under|behind|next to|down on|back on) (?:the|my|your)\b/u,
  /\bhow was (?:your (?:day|trip|night|weekend)|school|work)\b|\bare you (?:ready|done|awake|okay|all right)\b|\blove you\b|\bwhat's for (?:dinner|lunch|breakfast)\b/u,
  /\b(?:where|what|when) did you (?:put|leave|go|buy|hide)\b|\bdon't touch\b|\bget off\b|\bcome on (?:in|over|guys)\b|\bi'll (?:send|bring|give|show) (?:it|them|that) to you\b|\bi will (?:send|bring|give) (?:it|them|that) to you\b/u,
  /\bi'm (?:just )?(?:talking to|asking|using|testing) (?:the|this|my|an?) (?:assistant|computer|robot|phone|ai)\b/u,
];

/** Whether it is what one says to a person who is there, or on the telephone. */
export function isSaidToPeople(words: readonly string[]): boolean {
  const line = words.join(" ");
  return TO_PEOPLE.some((pattern) => pattern.test(line));
}

/** Told about others: "he said …", "she was like …". Alone it proves little. */
export function isReported(words: readonly string[]): boolean {
  return /\b(?:he|she|they)(?:'s)? (?:just )?(?:said|says|told|asked|was like|is like|goes|went)\b/u.test(
    words.join(" "),
  );
}

/** No words but annotations, or a phrase that Whisper is known to invent over noise. Believe it where confidence is low. */
export function isInvention(text: string): boolean {
  const words = wordsOf(text);
  return words.length === 0 ? text.trim() !== "" : INVENTED_PHRASES.has(words.join(" "));
}

/**
 * How far a text is what somebody else is saying: the share of its words that occur in `spoken` in the same order and close
 * together, 0…1. Misheard words count where they differ by a letter or two. Method: longest common subsequence within
 * the best stretch of `spoken` of one and a half times the text's length.
 */
export function overlapWith(text: string, spoken: string): number {
  const words = wordsOf(text);
  const others = wordsOf(spoken);
  if (words.length === 0) return 0;
  const reach = Math.ceil(words.length * 1.5);
  let longest = 0;
  for (let start = 0; start === 0 || start + reach <= others.length; start++) {
    longest = Math.max(longest, commonWords(words, others.slice(start, start + reach)));
  }
  return longest / words.length;
}

/** Length of the longest common subsequence of words. */
function commonWords(words: readonly string[], others: readonly string[]): number {
  let previous = new Array<number>(others.length + 1).fill(0);
  for (const word of words) {
    const current = [0];
    for (const [index, other] of others.entries()) {
      const longer = isAlike(word, other) ? (previous[index] ?? 0) + 1 : 0;
      current.push(Math.max(longer, previous[index + 1] ?? 0, current[index] ?? 0));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}

/** Short words must be the same; longer ones may end or begin otherwise, as misheard words do. */
function isAlike(word: string, other: string): boolean {
  if (word === other) return true;
  const shorter = Math.min(word.length, other.length);
  if (shorter < 4 || Math.abs(word.length - other.length) > 2) return false;
  let head = 0;
  while (head < shorter && word[head] === other[head]) head++;
  let tail = 0;
  while (tail < shorter - head && word.at(-1 - tail) === other.at(-1 - tail)) tail++;
  return head + tail >= Math.max(word.length, other.length) - (shorter >= 6 ? 2 : 1);
}

/** Longest phrase of a lexicon, in words. */
const LONGEST_PHRASE = 5;

/** How many words from `start` on are a phrase of one of the lexicons: the longest, or 0. */
function matchAt(words: readonly string[], start: number, lexicons: readonly ReadonlySet<string>[]): number {
  for (let length = Math.min(LONGEST_PHRASE, words.length - start); length > 0; length--) {
    const phrase = words.slice(start, start + length).join(" ");
    if (lexicons.some((lexicon) => lexicon.has(phrase))) return length;
  }
  return 0;
}

/** The words as phrases of the lexicons, the longest that work; undefined where there are none or some word is in no phrase. */
function cover(
  words: readonly string[],
  lexicons: readonly ReadonlySet<string>[],
): readonly string[] | undefined {
  // covers[n]: how the words from n on are covered. From the end, so that each is found once.
  const covers: (readonly string[] | undefined)[] = Array.from({ length: words.length });
  covers.push([]);
  for (let start = words.length - 1; start >= 0; start--) {
    for (let length = 1; length <= Math.min(LONGEST_PHRASE, words.length - start); length++) {
      const rest = covers[start + length];
      const phrase = words.slice(start, start + length).join(" ");
      if (rest && lexicons.some((lexicon) => lexicon.has(phrase))) covers[start] = [phrase, ...rest];
    }
  }
  return words.length === 0 ? undefined : covers[0];
}
