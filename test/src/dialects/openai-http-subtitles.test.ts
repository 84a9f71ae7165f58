import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { cuesOf, srtOf, vttOf } from "../../../src/dialects/openai-http/subtitles.ts";
import type { WordTiming } from "../../../streaming/index.ts";

function piece(words: readonly WordTiming[], startMs = 0) {
  const text = words.map((word) => word.text).join(" ");
  const transcript = {
    text,
    tokens: [],
    noSpeechProbability: 0,
    averageLogProbability: 0,
    rejected: false,
    words,
  };
  return { startMs, endMs: startMs + 30_000, transcript };
}

const word = (text: string, startMs: number, endMs = startMs + 200): WordTiming => ({ text, startMs, endMs });

const anyWords = fc
  .array(
    fc.record({
      text: fc.stringMatching(/^[a-z]{1,12}[.,?!]?$/),
      gapMs: fc.nat(2000),
      lengthMs: fc.nat(900),
    }),
    {
      minLength: 1,
      maxLength: 60,
    },
  )
  .map((all) => {
    let timeMs = 0;
    return all.map(({ text, gapMs, lengthMs }) => {
      const startMs = timeMs + gapMs;
      timeMs = startMs + lengthMs;
      return word(text, startMs, timeMs);
    });
  });

describe("cuesOf", () => {
  it("cuts after sentences and at pauses", () => {
    const words = [
      word("Hello", 0),
      word("there.", 200),
      word("How", 500),
      word("are", 700),
      word("you", 2700),
    ];
    expect(cuesOf(piece(words, 1000)).map(({ startMs, endMs, text }) => [startMs, endMs, text])).toEqual([
      [1000, 1400, "Hello there."],
      [1500, 1900, "How are"],
      [3700, 3900, "you"],
    ]);
  });

  it("loses no word, keeps their order, and never shows too much at once", () => {
    fc.assert(
      fc.property(anyWords, (words) => {
        const cues = cuesOf(piece(words));
        expect(cues.map(({ text }) => text).join(" ")).toBe(words.map(({ text }) => text).join(" "));
        for (const [index, cue] of cues.entries()) {
          expect(cue.text.length).toBeLessThanOrEqual(84);
          expect(cue.endMs).toBeGreaterThanOrEqual(cue.startMs);
          expect(cue.startMs).toBeGreaterThanOrEqual(cues[index - 1]?.endMs ?? 0);
        }
      }),
    );
  });

  it("shows a piece as a whole where no times are known", () => {
    const whole = piece([]);
    expect(cuesOf(whole)).toMatchObject([{ startMs: 0, endMs: 30_000 }]);
  });
});

describe("subtitles", () => {
  const [cue] = cuesOf(piece([word("a<b>&--> c", 3_723_004, 3_724_999)]));

  it("are numbered in SubRip, with hours and commas", () => {
    expect(srtOf([cue!])).toBe("1\n01:02:03,004 --> 01:02:04,999\na<b>&--> c\n\n");
  });

  it("cannot be made tags or times by what was said in WebVTT", () => {
    expect(vttOf([cue!])).toBe("WEBVTT\n\n01:02:03.004 --> 01:02:04.999\na&lt;b&gt;&amp;--&gt; c\n\n");
  });
});
