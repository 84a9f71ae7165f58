import { BACKCHANNELS, STOP_PHRASES } from "../../streaming/monitor/lexicon.ts";
import { wordsOf } from "../../streaming/monitor/words.ts";
import { HELD_OUT_PHRASES } from "./held-out.ts";
import { KNOWN_PHRASES, type Phrases } from "./phrases.ts";

/** One in so many of the backchannels that the monitor knows: most are variations of one another. */
const BACKCHANNEL_STEP = 3;

const written = (phrase: string): string => `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}.`;
const key = (phrase: string): string => wordsOf(phrase).join(" ");
const heldOut = new Set(Object.values(HELD_OUT_PHRASES).flat().map(key));
const isFree = (phrase: string): boolean => !heldOut.has(key(phrase));

/** What the head of manners is trained on: the known phrases and the short ones of the lexicon, none that is held out. */
export const TRAINING_PHRASES: Phrases = {
  ...KNOWN_PHRASES,
  stop: [...KNOWN_PHRASES.stop, ...[...STOP_PHRASES].map(written)].filter(isFree),
  backchannel: [
    ...KNOWN_PHRASES.backchannel,
    ...[...BACKCHANNELS].filter((_, index) => index % BACKCHANNEL_STEP === 0).map(written),
  ].filter(isFree),
};
