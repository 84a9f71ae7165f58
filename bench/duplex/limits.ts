import { type BenchedPack, both, least, most } from "../limits.ts";
import type { Limit } from "../report.ts";

/** What the project wants of a conversation in which both speak at once. Times in ms, rates as shares. */
export const DUPLEX_LIMITS = {
  silent: both(most("median", 350), most("p95", 600)),
  ducked: both(most("p95", 150)),
  yields: both(least("median", 0.97)),
  selectivity: both(least("median", 0.75)),
  voiceToVoice: {
    embedded: [most("median", 750), most("p95", 1200)],
    lite: [most("median", 450), most("p95", 800)],
  },
  pauseTakeover: both(most("median", 0.1)),
  turnTakeover: both(least("median", 0.97)),
  interruptionAnswered: both(least("median", 0.92)),
  interruptionSucceeds: both(least("median", 0.97)),
  answeredEarly: both(most("median", 0.08)),
  unaddressedAnswered: both(most("median", 0.03)),
  echoAnswered: both(most("median", 0.02)),
  heardWords: both(most("p95", 1)),
} as const satisfies Record<string, Record<BenchedPack, readonly Limit[]>>;
