import type { Limit } from "./report.ts";

/** No more than `value`. */
export const most = (statistic: Limit["statistic"], value: number): Limit => ({
  statistic,
  bound: "at most",
  value,
});
/** No less than `value`. */
export const least = (statistic: Limit["statistic"], value: number): Limit => ({
  statistic,
  bound: "at least",
  value,
});
export const both = (...limits: Limit[]): Record<BenchedPack, readonly Limit[]> => ({
  embedded: limits,
  lite: limits,
});

/** Packs that need nothing but package indexes, and are held to the limits below. */
export type BenchedPack = "embedded" | "lite";

/** What the project wants of two cores, one conversation, warm. Times in ms, memory in MB, rates as shares. */
export const LIMITS = {
  voiceToVoice: {
    embedded: [most("median", 900), most("p95", 1400)],
    lite: [most("median", 600), most("p95", 1000)],
  },
  finalTranscript: both(most("p95", 250)),
  recognitionRatio: both(most("median", 0.6)),
  decodeRatio: { embedded: [least("median", 0.9)], lite: [least("median", 1)] },
  firstToken: { embedded: [most("median", 220)], lite: [most("median", 60)] },
  firstAudio: both(most("p95", 120)),
  stopOverStep: both(most("p95", 1)),
  stoppedPrompt: both(most("p95", 150)),
  memory: { embedded: [most("median", 3000)], lite: [most("median", 1200)] },
  growth: both(most("median", 20)),
  eventLoop: both(most("median", 20)),
  warmStart: { embedded: [most("median", 10_000)], lite: [most("median", 5000)] },
  firstPaint: both(most("p95", 1000)),
  pageSilence: both(most("p95", 300)),
  longTask: both(most("median", 50)),
  underruns: both(most("median", 0)),
  heapGrowth: both(most("median", 10)),
  idlePage: both(most("median", 2)),
  freshClone: { embedded: [most("median", 360_000)], lite: [most("median", 180_000)] },
  seen: both(least("median", 0.8)),
  seenWrongly: both(most("median", 0.1)),
  sides: both(least("median", 0.75)),
  presence: both(least("median", 0.85)),
  people: both(least("median", 0.95)),
  print: both(least("median", 0.95)),
  encode: both(most("p95", 80)),
  look: both(most("p95", 80)),
  cameraRatio: both(most("median", 1.1)),
  badPicture: both(most("median", 50)),
  chunkDifference: both(most("median", 1e-6)),
} as const satisfies Record<string, Record<BenchedPack, readonly Limit[]>>;
