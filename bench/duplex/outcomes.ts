import { eventsOf, type EventOf } from "./events.ts";
import { MERGE_GAP_MS, outcomeOf, type Timeline, type Utterance } from "./timeline.ts";
import { isAddressed, type Segment } from "./trial.ts";

/** Windows of the published rules, in ms. */
export const WINDOWS = {
  /** An interruption must silence the assistant within it (tau-voice). */
  yield: 2000,
  /** Of an answer that ends by itself sooner, nobody can say whether it would have yielded; one that goes on longer has not. */
  naturalEnd: 600,
  /** Yielding to what is no interruption counts within it (tau-voice). */
  selectivity: 1000,
  /** An answer to what needs none counts within it, if the assistant was silent (tau-voice). */
  unwantedAnswer: 2000,
  /** An answer may be this early before the end of the user's turn (FD-Bench). */
  earlyAnswer: 500,
  /** A soft pause that is over within it is no stop. */
  softPause: MERGE_GAP_MS,
} as const;

/** How long after a stretch of sound its last decision may come; what comes later is about something else. */
const DECISION_MS = 2000;

/** What the assistant did about talk over its answer (Full-Duplex-Bench v1.5, by rule instead of by a judge). */
export type Behaviour = "respond" | "resume" | "uncertain" | "unknown";

/** An answer that was held. */
export interface SoftPause {
  /** Undefined where it did not go on. */
  readonly durationMs: number | undefined;
}

/** What became of one stretch of the user's sound. Times are ms after its first audible moment unless said otherwise. */
export interface SegmentOutcome {
  readonly segment: Segment;
  /** Whether an answer was to be heard when it began. */
  readonly overlapped: boolean;
  /**
   * The answer happened to end by itself so soon that nothing can be said about yielding: to an interruption; to what is none,
   * within the whole window.
   */
  readonly endedByItself: boolean;
  /** Until the answer was softer, held or silent. */
  readonly duckedMs: number | undefined;
  /**
   * Until the answer was silent, for at least {@link MERGE_GAP_MS}; where the floor was asked for, for good: of one that was held
   * and went on, until its last sound.
   */
  readonly silentMs: number | undefined;
  /** From the end of the segment to the next answer to be heard; 0 where it began before. */
  readonly responseMs: number | undefined;
  /** The next answer began long before the segment was over. */
  readonly answeredEarly: boolean;
  readonly behaviour: Behaviour;
  readonly softPauses: readonly SoftPause[];
  /** What the monitor said last about it. */
  readonly decision: string | undefined;
}

/** Follows every stretch of the user's sound through the timeline. */
export function judgeSegments(timeline: Timeline): SegmentOutcome[] {
  return timeline.segments.map((segment, index) => {
    const untilMs = timeline.segments[index + 1]?.onMs ?? timeline.lengthMs;
    return judgeSegment(timeline, segment, untilMs);
  });
}

function judgeSegment(timeline: Timeline, segment: Segment, untilMs: number): SegmentOutcome {
  const { utterances, events } = timeline;
  const { onMs, offMs } = segment;
  const talkedOver = utterances.find(({ startMs, endMs }) => startMs <= onMs && endMs + MERGE_GAP_MS > onMs);
  const next = utterances.find(
    ({ startMs, turn }) => startMs > onMs && startMs < untilMs && turn !== talkedOver?.turn,
  );
  const isAsked = isAddressed(segment.kind);
  const last = isAsked ? lastOf(utterances, talkedOver, untilMs) : talkedOver;
  const silentMs =
    last === undefined || isNaturalEnd(timeline, last) ? undefined : stopAfter(timeline, last, onMs, untilMs);
  const floor = eventsOf(events, "floor").filter(
    ({ receivedMs }) => receivedMs >= onMs && receivedMs < untilMs,
  );
  const softer = floor.find(({ level }) => level !== "full");
  const softerMs = talkedOver && softer && softer.receivedMs - onMs;
  return {
    segment,
    overlapped: talkedOver !== undefined,
    endedByItself:
      talkedOver !== undefined &&
      talkedOver.endMs < onMs + WINDOWS[isAsked ? "naturalEnd" : "yield"] &&
      isNaturalEnd(timeline, talkedOver),
    duckedMs: least(softerMs, silentMs),
    silentMs,
    responseMs: next && Math.max(0, next.startMs - offMs),
    answeredEarly: next !== undefined && next.startMs < offMs - WINDOWS.earlyAnswer,
    behaviour: behaviourOf(utterances, talkedOver, next, segment, untilMs),
    softPauses: readSoftPauses(floor),
    decision: eventsOf(events, "decision").findLast(
      ({ receivedMs }) => receivedMs >= onMs && receivedMs < Math.min(untilMs, offMs + DECISION_MS),
    )?.kind,
  };
}

/** What was heard last of the answer that was talked over, before anything else is said to it. */
function lastOf(
  utterances: readonly Utterance[],
  talkedOver: Utterance | undefined,
  untilMs: number,
): Utterance | undefined {
  return utterances.findLast(({ turn, startMs }) => turn === talkedOver?.turn && startMs < untilMs);
}

/** Whether an answer was said to its end in spite of being talked over. */
function isNaturalEnd({ utterances, events }: Timeline, { turn, endMs }: Utterance): boolean {
  const goesOn = utterances.some((other) => other.turn === turn && other.startMs >= endMs);
  return !goesOn && outcomeOf(events, turn) === "completed";
}

/**
 * Ms from `onMs` until the answer is silent; undefined where the recording does not show that it stays so, or where it
 * was not silent before something else was said.
 */
function stopAfter(
  { lengthMs }: Timeline,
  { endMs }: Utterance,
  onMs: number,
  untilMs: number,
): number | undefined {
  return endMs >= untilMs || endMs + MERGE_GAP_MS > lengthMs ? undefined : Math.max(0, endMs - onMs);
}

function behaviourOf(
  utterances: readonly Utterance[],
  talkedOver: Utterance | undefined,
  next: Utterance | undefined,
  { offMs }: Segment,
  untilMs: number,
): Behaviour {
  const resumed = utterances.some(
    ({ turn, startMs, endMs }) => turn === talkedOver?.turn && endMs > offMs && startMs < untilMs,
  );
  if (next !== undefined) return resumed ? "uncertain" : "respond";
  return resumed ? "resume" : "unknown";
}

/** Answers that were held, and for how long. */
function readSoftPauses(floor: readonly EventOf<"floor">[]): SoftPause[] {
  return floor.flatMap(({ turn, level, receivedMs }, index) => {
    if (level !== "paused") return [];
    const next = floor.slice(index + 1).find((later) => later.turn === turn && later.level !== "paused");
    return [{ durationMs: next && next.receivedMs - receivedMs }];
  });
}

/** Whether the floor was given to what interrupts. */
export function yielded({ silentMs }: SegmentOutcome, windowMs: number = WINDOWS.yield): boolean {
  return silentMs !== undefined && silentMs <= windowMs;
}

/** Whether something that is not meant for the assistant was let pass (tau-voice). */
export function letPass(outcome: SegmentOutcome): boolean {
  if (outcome.overlapped) return !yielded(outcome, WINDOWS.selectivity);
  return outcome.responseMs === undefined || outcome.responseMs > WINDOWS.unwantedAnswer;
}

/** Whether something not meant for the assistant got an answer of its own. */
export function wasAnswered({ segment, responseMs }: SegmentOutcome): boolean {
  return !isAddressed(segment.kind) && responseMs !== undefined;
}

function least(...values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
