import { expect, test } from "vitest";

import { compareLines } from "../../../bench/duplex/beside.ts";
import { medianEstimate, shareEstimate } from "../../../bench/duplex/estimates.ts";
import { least, most } from "../../../bench/limits.ts";
import { keeps } from "../../../bench/report.ts";

function reached(line: string, delaysMs: number[], taken: boolean[], answered: boolean[]) {
  const estimates = [
    medianEstimate("voice to voice", "ms", delaysMs, 5000, [most("median", 900), most("p95", 1400)]),
    shareEstimate("  turns taken", taken, [least("median", 0.97)]),
    shareEstimate("noise answered", answered, [most("median", 0.03)]),
    shareEstimate("of no interest", taken),
  ].filter((estimate) => estimate !== undefined);
  return { line, estimates };
}

const YES = Array.from({ length: 10 }, () => true);
const NO = YES.map(() => false);
const MIXED = YES.map((_, index) => index < 2);

test("a line is held to what the other one reached: its delays may be 15 % longer, its shares of what is wanted as much smaller", () => {
  const own = reached("antiphon", [1000], YES, NO);
  const figures = compareLines(own, reached("realtime", [1200], YES, MIXED));
  const ratios = figures.filter(({ name }) => name.startsWith("realtime over antiphon: "));
  const verdicts = ratios.map((figure) => [
    figure.name.slice("realtime over antiphon: ".length),
    figure.median,
    figure.limits.map((limit) => keeps(figure, limit)),
  ]);
  expect(verdicts).toEqual([
    ["voice to voice", 1.2, [false, false]],
    ["turns taken", 1, [true]],
    // Two of ten answered are eight of ten that were left alone, as they should be.
    ["noise answered", 0.8, [false]],
  ]);
  const within = compareLines(own, reached("realtime", [1149], YES, NO)).filter(
    ({ limits }) => limits.length > 0,
  );
  expect(within.flatMap((figure) => figure.limits.map((limit) => keeps(figure, limit)))).not.toContain(false);
});

test("what the other line reached is printed beside it, and held to nothing but the comparison", () => {
  const figures = compareLines(reached("antiphon", [1000], YES, NO), reached("realtime", [1200], MIXED, NO));
  const own = figures.filter(({ name }) => name.startsWith("realtime: "));
  expect(own.map(({ name, median, limits }) => [name, median, limits.length])).toEqual([
    ["realtime: voice to voice", 1200, 0],
    ["realtime: turns taken", 0.2, 0],
    ["realtime: noise answered", 0, 0],
    ["realtime: of no interest", 0.2, 0],
  ]);
});

test("two lines that reached nothing alike are alike", () => {
  const figures = compareLines(reached("antiphon", [1000], NO, NO), reached("realtime", [1000], NO, NO));
  const ratio = figures.find(({ name }) => name === "realtime over antiphon: turns taken");
  expect(ratio?.median).toBe(1);
});
