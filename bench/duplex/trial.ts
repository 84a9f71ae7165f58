/** What the bench tries, in the order of its report. */
export const SCENARIOS = [
  "pause-inside-turn",
  "smooth-turn-end",
  "interruption",
  "backchannel",
  "talking-to-other",
  "background-speech",
  "noise",
  "self-echo",
  "double-interruption",
  "noise-then-query",
  "last-thing-said",
] as const;

export type ScenarioName = (typeof SCENARIOS)[number];

/**
 * What a stretch of the user's sound is in truth: `query` and `stop` are meant for the assistant, `incomplete` is the
 * part of a query before a pause, the others are not meant for it.
 */
export const SEGMENT_KINDS = ["query", "incomplete", "stop", "backchannel", "side-talk", "noise"] as const;

export type SegmentKind = (typeof SEGMENT_KINDS)[number];

/** A voice of CMU Flite or of eSpeak NG. */
export interface Voice {
  readonly program: "flite" | "espeak-ng";
  readonly name: string;
}

/** Who can speak; none of them is the assistant. */
export const VOICES: readonly Voice[] = [
  { program: "flite", name: "slt" },
  { program: "flite", name: "rms" },
  { program: "flite", name: "awb" },
  { program: "flite", name: "kal16" },
  { program: "espeak-ng", name: "en-us+f3" },
  { program: "espeak-ng", name: "en-gb+m3" },
];

export const NOISE_COLOURS = ["recorded", "pink", "white", "coughs"] as const;

export type NoiseColour = (typeof NOISE_COLOURS)[number];

/**
 * How a sound reaches the microphone: a user who speaks to the assistant, the same one turned away from it, somebody
 * (or a television) in the background. The last two are the filter chains of Full-Duplex-Bench v1.5.
 */
export type Place = "near" | "turned-away" | "background";

/** Something to be heard, described so that it can be made again. */
export type Source =
  | { readonly voice: Voice; readonly text: string; readonly place: Place }
  | {
      readonly noise: NoiseColour;
      readonly durationMs: number;
      readonly snrDb: number;
      readonly seed: number;
    };

/** One step of a trial's script. */
export type Step =
  | { readonly do: "say"; readonly kind: SegmentKind; readonly source: Source }
  | { readonly do: "listen"; readonly durationMs: number }
  /** Until an answer that began after the last thing said is to be heard. */
  | { readonly do: "await-answer"; readonly patienceMs: number; readonly essential: boolean }
  /** Until that answer is over. */
  | { readonly do: "await-end"; readonly patienceMs: number };

/** What the microphone hears of the loudspeaker. */
export interface Echo {
  readonly gainDb: number;
  readonly delayMs: number;
}

/** One trial: a conversation of its own. */
export interface Trial {
  readonly scenario: ScenarioName;
  /** What of the scenario it tries, such as `topic-change` or `20 dB`. */
  readonly variant: string;
  /** Counts the trials of a scenario from 0. */
  readonly index: number;
  readonly steps: readonly Step[];
  readonly echo?: Echo;
}

/** What the user's channel holds in truth, in ms of the recording. */
export interface Segment {
  readonly kind: SegmentKind;
  /** What was said, or which noise it was. */
  readonly text: string;
  /** First and last audible moment. */
  readonly onMs: number;
  readonly offMs: number;
}

/** Whether a stretch is meant for the assistant. */
export function isAddressed(kind: SegmentKind): boolean {
  return kind === "query" || kind === "incomplete" || kind === "stop";
}
