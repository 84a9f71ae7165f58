import { HELD_OUT_PHRASES } from "../decisions/held-out.ts";
import {
  BACKCHANNELS,
  BACKGROUND_SPEECH,
  BROKEN_TURNS,
  INTERRUPTIONS,
  LONG_QUESTIONS,
  LONG_TURNS,
  SIDE_TALK,
} from "./phrases.ts";

export type InterruptionKind = keyof typeof INTERRUPTIONS;

/** What the users of the trials say. */
export interface Phrasebook {
  /** Asked for answers that are long enough to be talked over. */
  readonly longQuestions: readonly string[];
  readonly longTurns: readonly string[];
  /** Both parts of a turn with a pause in it. */
  readonly brokenTurns: readonly (readonly [string, string])[];
  readonly interruptions: Readonly<Record<InterruptionKind, readonly string[]>>;
  readonly backchannels: readonly string[];
  readonly sideTalk: readonly string[];
  readonly background: readonly string[];
}

/** Phrases that were looked at while the monitor was made. */
const KNOWN: Phrasebook = {
  longQuestions: LONG_QUESTIONS,
  longTurns: LONG_TURNS,
  brokenTurns: BROKEN_TURNS,
  interruptions: INTERRUPTIONS,
  backchannels: BACKCHANNELS,
  sideTalk: SIDE_TALK,
  background: BACKGROUND_SPEECH,
};

/** Others, that nothing was set by: whoever changes the monitor looks at their figures only. */
const HELD_OUT: Phrasebook = {
  longQuestions: LONG_QUESTIONS,
  longTurns: [
    "My cousin has just moved to a small island far away from the coast. How does mail get there?",
    "There has been a strange noise under our car since last Wednesday. Should we take it to a garage?",
    "We have painted the walls of the children's room in a dark blue. Which curtains go well with that?",
    "I found an old coin with a hole in it while digging in the yard. How do I find out how old it is?",
  ],
  brokenTurns: [
    ["Do you know whether the,", "shops in a small town like this one are open on a Sunday afternoon?"],
    ["Suppose I put the money into,", "a savings account for ten years, how does the interest add up?"],
    ["What happens when you mix flour with,", "cold water and leave it standing for a few days?"],
    ["Give me a recipe that uses,", "carrots and ginger and does not take longer than half an hour."],
    ["If it rains on Sunday then we,", "cannot have our picnic, so what could we do at home instead?"],
    ["Who was the first woman to,", "fly an airplane across the ocean on her own?"],
  ],
  interruptions: {
    "topic-change": [
      "Which river runs through Cairo?",
      "Actually, I'd prefer something with chicken.",
      "Tell me whether bats are blind.",
      "Why does my knee hurt when I climb stairs?",
    ],
    correction: [
      "Not the movie, the book.",
      "You got that wrong, it has three syllables.",
      "That doesn't answer my question.",
    ],
    stop: HELD_OUT_PHRASES.stop,
    "follow-up": [
      "And the population?",
      "In which year was that?",
      "Wait, didn't you say it was older than that?",
      "Put that into simpler words.",
    ],
  },
  backchannels: HELD_OUT_PHRASES.backchannel,
  sideTalk: HELD_OUT_PHRASES.sideTalk,
  background: HELD_OUT_PHRASES.background,
};

export const PHRASEBOOKS = { known: KNOWN, "held-out": HELD_OUT } as const;

export type PhrasebookName = keyof typeof PHRASEBOOKS;
export const PHRASEBOOK_NAMES = Object.keys(PHRASEBOOKS) as readonly PhrasebookName[];
