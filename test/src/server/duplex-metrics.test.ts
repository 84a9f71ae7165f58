import { Registry } from "prom-client";
import { expect, it } from "vitest";

import { DuplexMetrics } from "../../../src/server/duplex-metrics.ts";
import type { SessionEvent, UtteranceKind } from "../../../streaming/index.ts";

const decision = (turn: number, kind: UtteranceKind): SessionEvent => {
  return { type: "decision", turn, atMs: 0, kind, probability: 1, reason: "" };
};
const floor = (level: "full" | "ducked" | "paused"): SessionEvent => {
  return { type: "floor", turn: 1, level, atMs: 0 };
};
const end = (discarded: number, discardedMs: number, isAhead: boolean): SessionEvent => {
  const timings = { transcriptMs: 90, revisions: 5, discarded, discardedMs };
  return { type: "answer-end", turn: 1, outcome: "completed", text: "", timings, isAhead };
};

/** The figures that are not zero, without their common beginning. */
async function figuresOf(registry: Registry): Promise<string[]> {
  const lines = (await registry.metrics()).split("\n");
  return lines
    .filter((line) => /^antiphon_.* [^0]/u.test(line))
    .map((line) => line.slice("antiphon_".length));
}

it("counts what sounds were taken for, what became of the answer meanwhile, and what was made for nothing", async () => {
  const registry = new Registry();
  const metrics = new DuplexMetrics(registry);
  const tell = metrics.follow();
  const tellOther = metrics.follow();
  // An agreement: lowered, held, goes on. Only the last thing that it was taken for counts.
  [
    floor("ducked"),
    decision(2, "incomplete"),
    floor("paused"),
    decision(2, "backchannel"),
    floor("full"),
  ].forEach(tell);
  tell({ type: "turn-dropped", turn: 2 });
  // Another conversation's answer is none of this one's; one that was begun when the turn was over is no guess.
  tellOther(end(0, 0, true));
  tellOther(end(0, 0, false));
  // A false alarm, then a stop, at which the held answer is over; its decision is followed by another stretch.
  [
    floor("ducked"),
    floor("full"),
    floor("ducked"),
    floor("paused"),
    decision(3, "stop"),
    end(2, 350, true),
  ].forEach(tell);
  [decision(4, "query"), { type: "transcript-end", turn: 4, text: "Why?" } as const].forEach(tell);
  expect(await figuresOf(registry)).toEqual([
    'decisions_total{kind="backchannel"} 1',
    'decisions_total{kind="stop"} 1',
    'decisions_total{kind="query"} 1',
    "ducks_total 3",
    'soft_pauses_total{outcome="resumed"} 1',
    'soft_pauses_total{outcome="stopped"} 1',
    'speculations_total{outcome="heard"} 2',
    'speculations_total{outcome="discarded"} 2',
    "discarded_ms_total 350",
  ]);
});
