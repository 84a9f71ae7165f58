import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { tokenTimes, wordTimes } from "../../../models/whisper/word-times.ts";

/** A head that looks at one stretch of steps after the other. */
function looking(begins: readonly number[], steps: number): Float32Array {
  const rows = new Float32Array(begins.length * steps);
  for (const [token, begin] of begins.entries()) {
    const end = begins[token + 1] ?? steps;
    for (let step = begin; step < end; step++) rows[token * steps + step] = 1 / (end - begin);
  }
  return rows;
}

describe("tokenTimes", () => {
  it("finds when each token is looked at", () => {
    const begins = [0, 20, 45, 80];
    const heads = [looking(begins, 100), looking(begins, 100)];
    expect(tokenTimes({ tokens: 4, steps: 100, heads })).toEqual([0, 400, 900, 1600, 2000]);
  });

  it("gives times in order and within the sound, whatever the attention is", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 30 }),
        fc.infiniteStream(fc.float({ min: 0, max: 1, noNaN: true })),
        (tokens, steps, values) => {
          const head = Float32Array.from({ length: tokens * steps }, () => Number(values.next().value));
          const times = tokenTimes({ tokens, steps, heads: [head] });
          expect(times).toHaveLength(tokens + 1);
          expect(times).toEqual([...times].sort((left, right) => left - right));
          expect(times[0]).toBeGreaterThanOrEqual(0);
          expect(times.at(-1)).toBe(steps * 20);
        },
      ),
    );
  });
});

describe("wordTimes", () => {
  const texts = [" Hel", "lo", ",", " world", "!", " 你", "好"];
  const decode = (tokens: readonly number[]): string => tokens.map((token) => texts[token]).join("");

  it("puts tokens together to words, marks with the word before them", () => {
    const times = [0, 100, 200, 300, 400, 500, 600, 700];
    expect(wordTimes([0, 1, 2, 3, 4, 5, 6], times, decode)).toEqual([
      { text: "Hello,", startMs: 0, endMs: 200 },
      { text: "world!", startMs: 300, endMs: 400 },
      { text: "你", startMs: 500, endMs: 600 },
      { text: "好", startMs: 600, endMs: 700 },
    ]);
  });

  it("waits for the rest of a character that is cut in two", () => {
    const halves = (tokens: readonly number[]): string => (tokens.length === 2 ? " é" : " \uFFFD");
    expect(wordTimes([1, 2], [0, 100, 200], halves)).toEqual([{ text: "é", startMs: 0, endMs: 200 }]);
  });
});
