import { expect, test } from "vitest";

import type { ServerMessage } from "../../src/server/protocol.ts";
import { Patience } from "../../web/client/patience.ts";

const timings = { revisions: 0, discarded: 0, discardedMs: 0 };

/** Counts frames of 20 ms. */
function pass(patience: Patience, frames: number, isUserSpeaking = false): void {
  for (let frame = 0; frame < frames; frame++) patience.pass(isUserSpeaking);
}

test("quiet counts from the last word, also before the answer begins, so that it does not wait twice", () => {
  const patience = new Patience();
  pass(patience, 5, true);
  pass(patience, 60);
  patience.hold(1);
  pass(patience, 29);
  expect(patience.isOver).toBe(false);
  pass(patience, 1);
  expect(patience.isOver).toBe(true);
  pass(patience, 1, true);
  expect(patience.isOver).toBe(false);
});

test("only what takes the floor from an answer makes one that is kept back worthless", () => {
  const patience = new Patience();
  const decision = (turn: number, kind: Extract<ServerMessage, { type: "decision" }>["kind"]): boolean =>
    patience.isOvertakenBy({ type: "decision", turn, kind, probability: 1, reason: "", atMs: 0 });
  const end = (outcome: "completed" | "interrupted" | "failed"): boolean =>
    patience.isOvertakenBy({ type: "answer-end", turn: 1, outcome, text: "", timings });
  expect(decision(2, "query")).toBe(false);
  patience.hold(1);
  expect(patience.isOvertakenBy({ type: "speech-start", turn: 2, atMs: 0 })).toBe(false);
  expect(
    ["noise", "backchannel", "side-talk", "incomplete"].some((kind) => decision(2, kind as "noise")),
  ).toBe(false);
  // What it answers itself was decided to be a question.
  expect(decision(1, "query")).toBe(false);
  expect([decision(2, "query"), decision(2, "stop")]).toEqual([true, true]);
  expect([end("completed"), end("interrupted"), end("failed")]).toEqual([false, true, true]);
  expect(patience.isOvertakenBy({ type: "answer-start", turn: 2, seat: 0 })).toBe(true);
  patience.release();
  expect(end("failed")).toBe(false);
});
