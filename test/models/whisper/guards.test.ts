import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { compressionRatio, isImplausible, repeatedTail, tokenLimit } from "../../../models/whisper/guards.ts";

const sure = { tokens: [], noSpeechProbability: 0.02, averageLogProbability: -0.2 };

describe("tokenLimit", () => {
  it("leaves fast speech whole and ends a loop within seconds", () => {
    expect(tokenLimit(11, false)).toBeGreaterThan(40);
    expect(tokenLimit(11, false)).toBeLessThan(100);
  });

  it("leaves room for scripts that take several tokens a sign, within the decoder's 448", () => {
    expect(tokenLimit(30, true)).toBeGreaterThan(2 * tokenLimit(30, false) - 10);
    expect(tokenLimit(30, true)).toBeLessThan(440);
  });
});

describe("repeatedTail", () => {
  it("leaves emphasis alone", () => {
    expect(repeatedTail([9, 5, 5, 5])).toBe(0);
    expect(repeatedTail([1, 2, 3, 4, 1, 2, 3, 4])).toBe(0);
  });

  it("keeps one round of a sentence that comes three times", () => {
    expect(repeatedTail([7, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4])).toBe(8);
  });

  it("keeps one round of whatever was in front and whatever was repeated, however long", () => {
    const token = fc.integer({ min: 0, max: 50_000 });
    const round = fc.uniqueArray(token, { minLength: 3, maxLength: 20 });
    fc.assert(
      fc.property(fc.uniqueArray(token, { maxLength: 10 }), round, (front, tokens) => {
        const before = front.filter((candidate) => !tokens.includes(candidate));
        const looped = [...before, ...tokens, ...tokens, ...tokens];
        expect(repeatedTail(looped)).toBe(2 * tokens.length);
        expect(repeatedTail([...before, ...tokens])).toBe(0);
      }),
    );
  });
});

describe("isImplausible", () => {
  it.each(["Yes.", "Stop!", "What is the capital of France?", "No, no, no.", "Thank you."])(
    "lets a well supported %s pass, short as it may be",
    (text) => {
      expect(isImplausible(text, sure)).toBe(false);
    },
  );

  it.each(["", "...", " - "])("drops %j, which has no words", (text) => {
    expect(isImplausible(text, sure)).toBe(true);
  });

  it("drops what the network itself doubts anybody said", () => {
    const doubtful = { ...sure, noSpeechProbability: 0.8, averageLogProbability: -0.9 };
    expect(isImplausible("I'm going to go.", doubtful)).toBe(true);
    expect(isImplausible("I'm going to go.", { ...sure, noSpeechProbability: 0.8 })).toBe(false);
  });

  it("drops what no token of it supports, whatever the no-speech token says", () => {
    expect(isImplausible("It is the.", { ...sure, averageLogProbability: -1.8 })).toBe(true);
  });

  it("drops the thanks of a thousand subtitles unless somebody said them clearly", () => {
    const weak = { ...sure, averageLogProbability: -0.9 };
    expect(isImplausible("Thank you.", weak)).toBe(true);
    expect(isImplausible("Thank you, Anna.", weak)).toBe(false);
  });

  it("drops text that says little over and over", () => {
    expect(isImplausible("and the man and the men ".repeat(9), sure)).toBe(true);
  });
});

it("compressionRatio tells repetition from prose", () => {
  expect(compressionRatio("ask not what your country can do for you")).toBeLessThan(1.2);
  expect(compressionRatio("da da dum ".repeat(20))).toBeGreaterThan(5);
});
