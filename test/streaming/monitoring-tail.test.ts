import { expect, it } from "vitest";

import type { HeardWindow } from "../../streaming/listening.ts";
import { Monitor } from "../../streaming/monitoring.ts";
import type { Words } from "../../streaming/monitoring.ts";

const heard = (levelDb: number, quiet: boolean): HeardWindow => ({
  endSample: 0,
  durationMs: 32,
  probability: quiet ? 0 : 0.7,
  levelDb,
  echo: 0,
  quiet,
  segment: undefined,
});

/** What an echo sounds like to a recogniser that hardly believes it. */
const DISTRUSTED: Words = {
  text: "A maze in.",
  transcript: {
    text: "A maze in.",
    tokens: [],
    noSpeechProbability: 0.6,
    averageLogProbability: -1.2,
    rejected: false,
  },
  finishedProbability: 0.9,
};

/** What becomes of noise that begins at 1,000 ms, where an answer ended by itself at that time. */
function verdictAfter(endedMs: number, resumedMs?: number): string {
  const monitor = new Monitor();
  for (let index = 0; index < 10; index++) monitor.hear(heard(-66, true));
  monitor.begin(1000);
  for (let index = 0; index < 10; index++) monitor.hear(heard(-57, false));
  monitor.noteAnswer("", endedMs);
  if (resumedMs !== undefined) {
    const endSample = resumedMs * 16;
    monitor.hear({
      ...heard(-57, false),
      endSample,
      segment: { type: "speech-resume", startSample: 0, atSample: endSample },
    });
  }
  const { decision, verdict } = monitor.judge(DISTRUSTED, undefined, 1400);
  expect(decision.kind).toBe("noise");
  return verdict;
}

it("noise that began over an answer is none to answer once that has ended by itself, or it answers its own echo", () => {
  expect([1100, 900, 700].map((endedMs) => verdictAfter(endedMs))).toEqual(["ignore", "ignore", "yield"]);
});

it("what goes on after the answer has ended is said into silence, whatever it began as, or a reply is swallowed", () => {
  expect([verdictAfter(1100, 1200), verdictAfter(1100, 1600)]).toEqual(["ignore", "yield"]);
});
