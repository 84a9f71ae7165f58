import { audibleSpans, joinSpans, type TimeSpan } from "./audible.ts";
import { eventsOf, type LogEvent } from "./events.ts";
import type { Segment, Trial } from "./trial.ts";

/** Silence of the assistant that is shorter does not end what it says (Full-Duplex-Bench v1.5). */
export const MERGE_GAP_MS = 500;

/** Sound may be heard a little before the message that announces it has been noted. */
const ANNOUNCEMENT_SLACK_MS = 30;

/** A stretch that the assistant is to be heard. */
export interface Utterance extends TimeSpan {
  /** Which turn it answers; 0 where the server did not say. */
  readonly turn: number;
}

/** A trial as the scorer sees it: when everybody was to be heard, and what the server said about it. */
export interface Timeline {
  readonly trial: Pick<Trial, "scenario" | "variant" | "index">;
  readonly segments: readonly Segment[];
  readonly utterances: readonly Utterance[];
  readonly events: readonly LogEvent[];
  readonly lengthMs: number;
  readonly worstSlipMs: number;
  readonly problem: string | undefined;
}

/** What {@link readTimeline} needs of a recording. */
export interface PlayedTrial extends Omit<Timeline, "utterances" | "lengthMs"> {
  readonly assistant: Float32Array;
}

/** Reads the timeline from the assistant's channel and the messages. */
export function readTimeline(recording: PlayedTrial, sampleRate: number): Timeline {
  const { trial, segments, events, worstSlipMs, problem, assistant } = recording;
  const lengthMs = (assistant.length * 1000) / sampleRate;
  const utterances = readUtterances(audibleSpans(assistant, sampleRate), events);
  return { trial, segments, utterances, events, lengthMs, worstSlipMs, problem };
}

/** Joins sounds of the same answer between which the silence is short. */
function readUtterances(spans: readonly TimeSpan[], events: readonly LogEvent[]): Utterance[] {
  const starts = eventsOf(events, "answer-start");
  const turnAt = (ms: number): number =>
    starts.findLast(({ receivedMs }) => receivedMs <= ms + ANNOUNCEMENT_SLACK_MS)?.turn ?? 0;
  const sounds = spans.map((span) => ({ ...span, turn: turnAt(span.startMs) }));
  const turns = [...new Set(sounds.map(({ turn }) => turn))];
  return turns.flatMap((turn) => {
    const ofTurn = sounds.filter((sound) => sound.turn === turn);
    return joinSpans(ofTurn, MERGE_GAP_MS).map((span) => ({ ...span, turn }));
  });
}

/** How an answer ended; undefined while it is given. */
export function outcomeOf(
  events: readonly LogEvent[],
  turn: number,
): "completed" | "interrupted" | "failed" | undefined {
  return eventsOf(events, "answer-end").find((end) => end.turn === turn)?.outcome;
}
