import type { Evidence } from "../../../streaming/index.ts";

/** What the assistant says while the user speaks over it. */
const PARIS =
  "Paris is the capital of France. It lies on the river Seine and has about two million people. The city is known for its museums, such as the Louvre, and for the Eiffel Tower, which was built in 1889.";

/** Somebody near the microphone who speaks clearly, over an answer. */
export const OVER_ANSWER: Evidence = {
  text: "",
  isFinal: true,
  speechMs: 900,
  speechProbability: 0.9,
  levelDb: 25,
  levelBelowUserDb: 0,
  finishedProbability: 0.8,
  recognition: { averageLogProbability: -0.35, noSpeechProbability: 0.05, rejected: false },
  echo: 0.05,
  spokenText: PARIS,
  assistantSpeaking: true,
  addressed: undefined,
};

/** The same while the assistant is silent. */
export const SILENT: Evidence = { ...OVER_ANSWER, spokenText: "", assistantSpeaking: false };
export const ASKED: Evidence = { ...SILENT, spokenText: "I can do that. Would you like me to go on?" };
/** From across the room, or behind a door: FDB v1.5 plays those who talk to others 8 dB and background 15 dB lower. */
export const ASIDE: Evidence = { ...OVER_ANSWER, levelBelowUserDb: 8, levelDb: 17 };
export const FAR: Evidence = { ...OVER_ANSWER, levelBelowUserDb: 15, levelDb: 10 };
export const FAR_SILENT: Evidence = { ...SILENT, levelBelowUserDb: 15, levelDb: 10 };
export const UNFINISHED: Evidence = { ...SILENT, finishedProbability: 0.15 };
export const BARELY: Evidence = { ...SILENT, finishedProbability: 0.55 };
export const PARTIAL: Evidence = { ...OVER_ANSWER, isFinal: false, finishedProbability: undefined };
export const PARTIAL_SILENT: Evidence = { ...SILENT, isFinal: false, finishedProbability: undefined };
export const doubted = (averageLogProbability: number, noSpeechProbability: number): Partial<Evidence> => ({
  recognition: { averageLogProbability, noSpeechProbability, rejected: false },
});
export const NOISE: Evidence = { ...SILENT, ...doubted(-1.1, 0.5), speechProbability: 0.55, levelDb: 10 };
export const NOISE_OVER: Evidence = {
  ...OVER_ANSWER,
  ...doubted(-1.1, 0.5),
  speechProbability: 0.55,
  levelDb: 10,
};
export const REJECTED: Evidence = {
  ...NOISE_OVER,
  recognition: { averageLogProbability: -1.8, noSpeechProbability: 0.7, rejected: true },
};
/** Echo that the detector hears, and echo that it misses. */
export const ECHO: Evidence = { ...OVER_ANSWER, echo: 0.85, levelDb: 8, levelBelowUserDb: 20 };
export const ECHO_MISSED: Evidence = { ...OVER_ANSWER, echo: 0.3, levelDb: 8, levelBelowUserDb: undefined };
