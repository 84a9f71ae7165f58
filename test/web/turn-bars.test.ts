import fc from "fast-check";
import { expect, test } from "vitest";

import type { Timings, Turn } from "../../web/client/index.ts";
import { inWords } from "../../web/page/turn-bars-view.tsx";
import { medianOf, turnBarsOf } from "../../web/page/turn-bars.ts";
import { wordsOf } from "../../web/page/words.ts";

function answered(turn: number, times: Partial<Timings>, networkMs?: number): Turn {
  const timings = { revisions: 0, discarded: 0, discardedMs: 0, ...times };
  const answer = { text: "", unheard: "", outcome: "completed", seat: 0, timings, networkMs } as const;
  const rest = { text: "", stableLength: 0, isFinal: true, isDropped: false, decision: undefined };
  return { turn, key: `1-${turn}`, ...rest, answer };
}

test("a bar shows what each stage added to the wait, and the network after them", () => {
  const times = { endOfTurnMs: 300, transcriptMs: 350, firstTokenMs: 500, firstAudioMs: 720 };
  expect(turnBarsOf([answered(4, times, 12)], 6)).toEqual([
    {
      key: "1-4",
      turn: 4,
      parts: [
        { stage: "endOfTurn", ms: 300 },
        { stage: "transcript", ms: 50 },
        { stage: "firstToken", ms: 150 },
        { stage: "firstAudio", ms: 220 },
        { stage: "network", ms: 12 },
      ],
      totalMs: 732,
      medianMs: 732,
    },
  ]);
});

test("a stage that was over before the one ahead of it adds nothing, and is not taken off the next one", () => {
  const early = { endOfTurnMs: 400, transcriptMs: 100, firstTokenMs: 390, firstAudioMs: 450 };
  const [bar] = turnBarsOf([answered(1, early)], 6);
  expect(bar?.parts.map(({ ms }) => ms)).toEqual([400, 0, 0, 50]);
  expect(bar?.totalMs).toBe(450);
});

test("medians run: each bar's is of its own wait and those before it, also of those that are not shown any more", () => {
  const turns = [900, 100, 500, 700].map((firstAudioMs, index) => answered(index + 1, { firstAudioMs }));
  expect(turnBarsOf(turns, 6).map(({ medianMs }) => medianMs)).toEqual([900, 500, 500, 600]);
  expect(turnBarsOf(turns, 2).map(({ turn, medianMs }) => [turn, medianMs])).toEqual([
    [3, 500],
    [4, 600],
  ]);
});

test("a turn without an answer, or whose server tells no times that can be, has no bar", () => {
  const turns = [
    { ...answered(1, {}), answer: undefined },
    answered(2, {}, 9),
    answered(3, { firstAudioMs: -5 }, 9),
  ];
  expect(turnBarsOf(turns, 6)).toEqual([]);
});

test("whatever times a server tells, no part is negative and all of them are the wait until the last stage", () => {
  const time = fc.option(fc.integer({ min: -500, max: 5000 }), { nil: undefined });
  const times = fc.record({ endOfTurnMs: time, transcriptMs: time, firstTokenMs: time, firstAudioMs: time });
  fc.assert(
    fc.property(times, (told) => {
      const given = Object.fromEntries(Object.entries(told).filter(([, ms]) => ms !== undefined));
      const [bar] = turnBarsOf([answered(1, given)], 6);
      const latestMs = Math.max(0, ...Object.values(told).map((ms) => ms ?? 0));
      expect(bar?.totalMs ?? 0).toBe(latestMs);
      for (const { ms } of bar?.parts ?? []) expect(ms).toBeGreaterThanOrEqual(0);
    }),
  );
});

test("the median of nothing is none, of two it lies between them", () => {
  expect([[], [3], [9, 1], [9, 1, 4]].map(medianOf)).toEqual([undefined, 3, 5, 4]);
});

test("who listens to the page is told the same in both languages", () => {
  const [bar] = turnBarsOf([answered(2, { endOfTurnMs: 300.4, firstAudioMs: 800 }, 7)], 6);
  expect(inWords(bar!, wordsOf("en"))).toBe(
    "turn 2: 807 ms (end of turn 300, first audio 500, network 7); median 807 ms",
  );
  expect(inWords(bar!, wordsOf("zh"))).toBe(
    "话轮 2: 807 ms (话轮结束 300, 首段声音 500, 网络 7); 中位数 807 ms",
  );
});
