import type { LogEvent } from "../../../bench/duplex/events.ts";
import { readTimeline, type Timeline } from "../../../bench/duplex/timeline.ts";
import type { ScenarioName, Segment, SegmentKind } from "../../../bench/duplex/trial.ts";
import type { ServerMessage } from "../../../src/server/protocol.ts";

const SAMPLE_RATE = 8000;

/** What happened, in ms. */
interface Made {
  readonly scenario?: ScenarioName;
  readonly variant?: string;
  readonly user: readonly (readonly [SegmentKind, number, number])[];
  readonly assistant: readonly (readonly [number, number])[];
  readonly messages?: readonly (readonly [number, ServerMessage])[];
  readonly lengthMs?: number;
  readonly worstSlipMs?: number;
  readonly problem?: string;
}

/** A recording made by hand, whose answer is known. */
export function handMade(made: Made): Timeline {
  const lengthMs = made.lengthMs ?? 10_000;
  const assistant = new Float32Array((lengthMs * SAMPLE_RATE) / 1000);
  for (const [startMs, endMs] of made.assistant) {
    assistant.fill(0.3, (startMs * SAMPLE_RATE) / 1000, (endMs * SAMPLE_RATE) / 1000);
  }
  const segments = made.user.map(([kind, onMs, offMs]): Segment => ({ kind, text: kind, onMs, offMs }));
  const events = (made.messages ?? []).map(([receivedMs, message]): LogEvent => ({ receivedMs, message }));
  return readTimeline(
    {
      trial: { scenario: made.scenario ?? "interruption", variant: made.variant ?? "topic-change", index: 0 },
      segments,
      events,
      assistant,
      worstSlipMs: made.worstSlipMs ?? 0,
      problem: made.problem,
    },
    SAMPLE_RATE,
  );
}

export function answerStart(turn: number): ServerMessage {
  return { type: "answer-start", turn, seat: turn % 2 === 0 ? 1 : 0 };
}

export function answerEnd(
  turn: number,
  outcome: "completed" | "interrupted",
  text = "one two three four five",
): ServerMessage {
  return { type: "answer-end", turn, outcome, text, timings: { revisions: 0, discarded: 0, discardedMs: 0 } };
}

export function floor(turn: number, level: "ducked" | "paused" | "full"): ServerMessage {
  return { type: "floor", turn, level, atMs: 0 };
}

export function decision(turn: number, kind: SegmentKind): ServerMessage {
  return { type: "decision", turn, kind, probability: 0.9, reason: "made up", atMs: 0 };
}
