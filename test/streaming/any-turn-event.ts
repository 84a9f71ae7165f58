import fc from "fast-check";

import type { Verdict } from "../../streaming/floor.ts";
import type { TurnEvent } from "../../streaming/turn-state.ts";

const anyVerdict = fc.constantFrom<Verdict>("yield", "await", "ignore", "doubtful", "unclear");
export const anyFinalVerdict = fc.oneof(anyVerdict, fc.constant("stop" as const));

/** Any order of anything: keys are small so that stale and current ones both occur. */
export const anyEvent: fc.Arbitrary<TurnEvent> = fc.oneof(
  fc.record({ type: fc.constant("speech-start" as const), atMs: fc.nat(20_000) }),
  fc.record({ type: fc.constant("speech-pause" as const), atMs: fc.nat(20_000) }),
  fc.record({ type: fc.constant("speech-resume" as const), atMs: fc.nat(20_000) }),
  fc.record({
    type: fc.constant("turn-scored" as const),
    turn: fc.nat(4),
    revision: fc.nat(6),
    probability: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({
    type: fc.constant("transcript-ready" as const),
    turn: fc.nat(4),
    revision: fc.nat(6),
    text: fc.constantFrom("", "Yes.", "Where is it?"),
    verdict: anyFinalVerdict,
    atMs: fc.nat(20_000),
  }),
  fc.record({ type: fc.constant("speech-onset" as const), atMs: fc.nat(20_000) }),
  fc.record({ type: fc.constant("false-alarm" as const), atMs: fc.nat(20_000) }),
  fc.record({
    type: fc.constant("speech-judged" as const),
    turn: fc.nat(4),
    revision: fc.nat(6),
    verdict: anyVerdict,
    atMs: fc.nat(20_000),
  }),
  fc.record({ type: fc.constant("time-passed" as const), nowMs: fc.nat(30_000) }),
  fc.record(
    {
      type: fc.constant("text-typed" as const),
      text: fc.constantFrom("typed", ""),
      isUnasked: fc.boolean(),
    },
    { requiredKeys: ["type", "text"] },
  ),
  fc.record({ type: fc.constant("context-added" as const), atMs: fc.nat(20_000) }),
  fc.record({
    type: fc.constant("turns-are" as const),
    taken: fc.constantFrom("automatic", "manual"),
    atMs: fc.nat(20_000),
  }),
  fc.record({
    type: fc.constant("manners-are" as const),
    manners: fc.record(
      {
        overlap: fc.constantFrom("interrupts", "answered-after", "unanswered"),
        idleMs: fc.constantFrom(5000, 20_000),
      },
      { requiredKeys: ["overlap"] },
    ),
    atMs: fc.nat(20_000),
  }),
  fc.record({ type: fc.constant("turn-committed" as const), atMs: fc.nat(20_000) }),
  fc.record({ type: fc.constant("clear" as const), atMs: fc.nat(20_000) }),
  fc.constant({ type: "answer-wanted" as const }),
  fc.constant({ type: "interrupt" as const }),
  fc.constant({ type: "disconnected" as const }),
  fc.constant({ type: "reconnected" as const }),
  fc.record(
    { type: fc.constant("answer-end" as const), turn: fc.nat(4), heardOutMs: fc.nat(20_000) },
    { requiredKeys: ["type", "turn"] },
  ),
);
