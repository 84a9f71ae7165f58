import { expect, test } from "vitest";

import { shareEstimate } from "../../../bench/duplex/estimates.ts";
import { formatMarkdown } from "../../../bench/duplex/markdown.ts";
import { formatPage } from "../../../bench/duplex/page.ts";
import { scoreTrial, type TrialScore } from "../../../bench/duplex/scorer.ts";
import { countPairs } from "../../../bench/duplex/tables.ts";
import { answerEnd, answerStart, decision, floor, handMade } from "./hand-made.ts";

const limit = { statistic: "median", bound: "at least", value: 0.9 } as const;
const estimates = [shareEstimate("yields", [true, false], [limit])!];

function trial(variant: string, assistantUntilMs: number): TrialScore {
  return scoreTrial(
    handMade({
      variant,
      user: [
        ["query", 400, 1000],
        ["stop", 3000, 3500],
      ],
      assistant: [[1500, assistantUntilMs]],
      messages: [
        [1490, answerStart(1)],
        [3100, floor(1, "ducked")],
        [3200, decision(2, "stop")],
        [assistantUntilMs, answerEnd(1, "interrupted", 'said <b> & "this"')],
      ],
    }),
  );
}

test("the page shows failed trials first, and everybody's lane", () => {
  const page = formatPage(
    estimates,
    [trial("fine", 3200), trial("bad", 8000)].map((score) => ({ score, file: undefined })),
  );
  expect(page.indexOf("did not yield")).toBeLessThan(page.indexOf("as wanted"));
  expect(page).toContain("ducked");
  expect(page).toContain("stop 0.90: made up");
  expect(page).toContain("1 of 2 to look at");
});

test("what people say cannot change the page", () => {
  const page = formatPage(estimates, [{ score: trial("<script>", 3200), file: undefined }]);
  expect(page).not.toContain("<script>");
  expect(page).toContain("said &lt;b&gt; &amp; &quot;this&quot;");
});

test("the page needs nothing from elsewhere", () => {
  const page = formatPage(estimates, [{ score: trial("fine", 3200), file: undefined }]);
  expect(page).not.toMatch(/https?:|<script|<link|@import/u);
});

test("Markdown names what is missed and which trials to look at", () => {
  const text = formatMarkdown({ pack: "lite" }, estimates, [trial("fine", 3200), trial("bad", 8000)]);
  expect(text).toContain("at least 0.9: **missed**");
  expect(text).toContain("- interruption 0, bad: did not yield");
  expect(text).toContain("| stop | 0 | 2 |");
});

test("pairs are counted where row and column meet", () => {
  const table = countPairs([
    ["noise", "noise"],
    ["noise", "query"],
    ["query", "query"],
    ["noise", "query"],
  ]);
  expect(table).toEqual({
    columns: ["noise", "query"],
    rows: [
      { name: "noise", counts: [1, 2] },
      { name: "query", counts: [0, 1] },
    ],
  });
});
