import { audibleMs } from "./audible.ts";
import { eventsOf } from "./events.ts";
import { judgeSegments, letPass, type SegmentOutcome, wasAnswered, yielded } from "./outcomes.ts";
import type { Timeline } from "./timeline.ts";
import { isAddressed, type ScenarioName } from "./trial.ts";

/** A frame that leaves later than this makes a trial worthless: its user stuttered. */
export const WORST_SLIP_MS = 80;

/** A turn is taken by more words than this or by speaking at least this long (Full-Duplex-Bench v1). */
const TAKEOVER = { words: 3, durationMs: 1000 } as const;

/** How long after the end of the user's turn it must be taken. */
const TAKEOVER_WINDOW_MS = 5000;

/** Where something is said over an answer that must be sounding. */
const OVERLAPPING: readonly ScenarioName[] = [
  "interruption",
  "backchannel",
  "talking-to-other",
  "background-speech",
  "noise",
  "double-interruption",
  "noise-then-query",
  "last-thing-said",
];

/** One trial and what it showed. */
export interface TrialScore {
  readonly timeline: Timeline;
  readonly outcomes: readonly SegmentOutcome[];
  /** What the trial is about: the last stretch of the user's sound. */
  readonly subject: SegmentOutcome | undefined;
  /** Why nothing can be learned from the trial; it is counted all the same. */
  readonly ineligible: string | undefined;
  /** Whether there was an answer to talk over, where the script needs one. */
  readonly isSetUp: boolean;
  /** Whether the turn was taken before the user had finished it, or after: by the published rule, and at all. */
  readonly takeover: { readonly early: Takeover; readonly late: Takeover };
  /** Answers beyond those that the user asked for. */
  readonly unaskedAnswers: number;
  /** What a person should look at. */
  readonly failures: readonly string[];
}

interface Takeover {
  readonly byRule: boolean;
  readonly atAll: boolean;
}

/** Scores a trial from its timeline. */
export function scoreTrial(timeline: Timeline): TrialScore {
  const outcomes = judgeSegments(timeline);
  const subject = outcomes.at(-1);
  const score = {
    timeline,
    outcomes,
    subject,
    ineligible: whyIneligible(timeline, outcomes),
    isSetUp: whyNotSetUp(timeline, outcomes) === undefined,
    takeover: readTakeover(timeline),
    unaskedAnswers: countUnasked(timeline),
  };
  return { ...score, failures: describeFailures(score) };
}

function whyIneligible(timeline: Timeline, outcomes: readonly SegmentOutcome[]): string | undefined {
  const { worstSlipMs } = timeline;
  return worstSlipMs > WORST_SLIP_MS
    ? `sent ${Math.round(worstSlipMs)} ms late`
    : whyNotSetUp(timeline, outcomes);
}

function whyNotSetUp(timeline: Timeline, outcomes: readonly SegmentOutcome[]): string | undefined {
  const { trial, problem } = timeline;
  if (problem !== undefined) return problem;
  if (!OVERLAPPING.includes(trial.scenario) || trial.variant.includes("in silence")) return undefined;
  const over = outcomes[1];
  if (over?.overlapped !== true) return "no answer to talk over";
  return over.endedByItself ? "the answer ended by itself" : undefined;
}

/** The early one counts from the first word to the last, the late one from the last word on. */
function readTakeover(timeline: Timeline): TrialScore["takeover"] {
  const first = timeline.segments[0]?.onMs ?? 0;
  const last = timeline.segments.at(-1)?.offMs ?? 0;
  return {
    early: takes(timeline, first, last),
    late: takes(timeline, last, last + TAKEOVER_WINDOW_MS),
  };
}

function takes(timeline: Timeline, startMs: number, endMs: number): Takeover {
  const inside = timeline.utterances.filter((span) => span.startMs < endMs && span.endMs > startMs);
  const [from, to] = [inside[0]?.startMs ?? 0, inside.at(-1)?.endMs ?? 0];
  const spanMs = Math.min(to, endMs) - Math.max(from, startMs);
  const turns = new Set(inside.map(({ turn }) => turn));
  // An answer that is cut short in the window has hardly said all of its words there.
  const whole = inside.every((span) => span.endMs <= endMs);
  const words = whole ? countWords(timeline, turns) : 0;
  const atAll = audibleMs(inside, { startMs, endMs }) > 0;
  return { atAll, byRule: atAll && (spanMs >= TAKEOVER.durationMs || words > TAKEOVER.words) };
}

/** Words of answers that were given to their end. */
function countWords({ events }: Timeline, turns: ReadonlySet<number>): number {
  const ends = eventsOf(events, "answer-end").filter(({ turn }) => turns.has(turn));
  return ends.reduce((sum, { text }) => sum + text.split(/\s+/u).filter(Boolean).length, 0);
}

/** Answers that began to be heard although nobody had asked anything since the one before. */
function countUnasked({ segments, utterances }: Timeline): number {
  const asked = segments.filter(({ kind }) => isAddressed(kind));
  const begins = utterances.filter(
    ({ turn }, index) => utterances.findIndex((other) => other.turn === turn) === index,
  );
  return begins.filter(({ startMs }, index) => {
    const before = begins[index - 1];
    return (
      before !== undefined && !asked.some(({ offMs }) => offMs > before.startMs && offMs < startMs + 500)
    );
  }).length;
}

type Scored = Omit<TrialScore, "failures">;

/** What went wrong, in words, by what the scenario is about. */
function describeFailures(score: Scored): string[] {
  if (score.ineligible !== undefined) return [`not counted as good: ${score.ineligible}`];
  return FAILURES[score.timeline.trial.scenario](score).filter((failure) => failure !== "");
}

const FAILURES: Readonly<Record<ScenarioName, (score: Scored) => string[]>> = {
  "pause-inside-turn": ({ takeover, subject }) => [
    takeover.early.atAll ? "spoke before the user had finished" : "",
    ...unanswered(subject),
  ],
  "smooth-turn-end": ({ takeover, subject }) => [
    takeover.early.atAll ? "spoke before the user had finished" : "",
    ...unanswered(subject),
  ],
  interruption: ({ subject }) => interrupted(subject),
  backchannel: ({ subject }) => ignored(subject),
  "talking-to-other": ({ subject }) => ignored(subject),
  "background-speech": ({ subject }) => ignored(subject),
  noise: ({ subject }) => ignored(subject),
  "self-echo": ({ subject, outcomes, unaskedAnswers, timeline }) => [
    unaskedAnswers > 0 ? "answered itself" : "",
    outcomes.length === 1 && interruptedItself(timeline) ? "interrupted itself" : "",
    ...(outcomes.length > 1 ? interrupted(subject) : unanswered(subject)),
  ],
  "double-interruption": ({ outcomes }) => outcomes.slice(1).flatMap(interrupted).slice(-2),
  "noise-then-query": ({ outcomes, subject }) => [...ignored(outcomes[1]), ...unanswered(subject)],
  "last-thing-said": ({ outcomes, subject }) => [...interrupted(outcomes[1]), ...unanswered(subject)],
};

/** Whether an answer that nobody talked over was broken off. */
export function interruptedItself({ events }: Timeline): boolean {
  return eventsOf(events, "answer-end").some(({ outcome }) => outcome === "interrupted");
}

function interrupted(outcome: SegmentOutcome | undefined): string[] {
  if (outcome === undefined) return [];
  return [
    outcome.overlapped && !outcome.endedByItself && !yielded(outcome) ? "did not yield" : "",
    ...(outcome.segment.kind === "stop" ? [] : unanswered(outcome)),
  ];
}

function unanswered(outcome: SegmentOutcome | undefined): string[] {
  if (outcome === undefined) return [];
  return [
    outcome.responseMs === undefined ? "did not answer" : "",
    outcome.answeredEarly ? "answered before the user had finished" : "",
  ];
}

function ignored(outcome: SegmentOutcome | undefined): string[] {
  if (outcome === undefined) return [];
  return [
    letPass(outcome) ? "" : "yielded to what was no interruption",
    wasAnswered(outcome) ? "answered what was not meant for it" : "",
  ];
}
