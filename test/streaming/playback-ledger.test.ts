import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { heardText, PlaybackLedger } from "../../streaming/playback-ledger.ts";

const text = "Well, the capital of France is Paris. It lies on the Seine.";

/** Every word 100 ms long, one clause after the other. */
function ledger(): PlaybackLedger {
  const result = new PlaybackLedger();
  let startMs = 0;
  for (const clause of [
    { text: "Well, the capital of France is Paris.", start: 0 },
    { text: "It lies on the Seine.", start: 38 },
  ]) {
    const words = clause.text.split(" ").map((word, index) => ({
      text: word.replace(/[^\w]/g, ""),
      startMs: index * 100,
      endMs: (index + 1) * 100,
    }));
    result.add(clause, startMs, words);
    startMs += words.length * 100;
  }
  return result;
}

describe("the playback ledger", () => {
  it("tells the words that had been played, with the marks behind them", () => {
    expect(heardText(text, ledger().words, 0)).toBe("");
    expect(heardText(text, ledger().words, 99)).toBe("");
    expect(heardText(text, ledger().words, 100)).toBe("Well,");
    expect(heardText(text, ledger().words, 450)).toBe("Well, the capital of");
    expect(heardText(text, ledger().words, 750)).toBe("Well, the capital of France is Paris.");
    expect(heardText(text, ledger().words, 99_999)).toBe(text);
  });

  it("never tells a word before its sound has ended, and always a beginning of the answer", () => {
    fc.assert(
      fc.property(fc.nat(1500), (playedMs) => {
        const heard = heardText(text, ledger().words, playedMs);
        expect(text.startsWith(heard)).toBe(true);
        const words = heard === "" ? 0 : heard.split(" ").length;
        expect(words).toBe(Math.min(12, Math.floor(playedMs / 100)));
      }),
    );
  });

  it("keeps its place when a word was spoken otherwise than written", () => {
    const other = new PlaybackLedger();
    other.add({ text: "It costs $3 today.", start: 0 }, 0, [
      { text: "It", startMs: 0, endMs: 100 },
      { text: "costs", startMs: 100, endMs: 200 },
      { text: "three dollars", startMs: 200, endMs: 400 },
      { text: "today", startMs: 400, endMs: 500 },
    ]);
    expect(heardText("It costs $3 today.", other.words, 450)).toBe("It costs");
    expect(heardText("It costs $3 today.", other.words, 500)).toBe("It costs $3 today.");
  });
});
