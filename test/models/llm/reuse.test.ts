import fc from "fast-check";
import { expect, it } from "vitest";

import { exactReuse, forgetfulReuse } from "../../../models/llm/reuse.ts";

const tokens = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

it("finds what is left of a conversation whose oldest turns are gone, or all of it would be computed anew", () => {
  // Turns end and begin with the same signs.
  const [system, oldest] = [tokens(0, 20), [...tokens(100, 139), 19]];
  const [rest, question] = [tokens(200, 260), [300, 301]];
  const held = [...system, ...oldest, ...rest];
  const prompt = [...system, ...rest, ...question];
  expect(forgetfulReuse(held, prompt, 19)).toEqual({ prefix: 20, gap: 40, length: 80 });
  expect(exactReuse(held, prompt)).toEqual({ prefix: 20, gap: 0, length: 20 });
});

it("takes the gap that leaves most, where turns begin alike", () => {
  const turn = (end: number): number[] => [...tokens(500, 520), end, end + 1, 2];
  const held = [1, 2, ...turn(600), ...turn(700), ...turn(800)];
  const prompt = [1, 2, ...turn(700), ...turn(800)];
  const { prefix, gap, length } = forgetfulReuse(held, prompt, 1);
  expect({ gap, length }).toEqual({ gap: 23, length: 48 });
  expect([...held.slice(0, prefix), ...held.slice(prefix + gap)].slice(0, length)).toEqual(prompt);
});

it("leaves a few words that come back by chance", () => {
  const held = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  expect(forgetfulReuse(held, [1, 5, 6, 7, 8], 0)).toEqual({ prefix: 1, gap: 0, length: 1 });
});

it("leaves what is behind any other gap: words that nobody heard, a shorter system prompt", () => {
  const [system, asked, answer, next] = [tokens(0, 20), tokens(100, 120), tokens(200, 240), tokens(300, 340)];
  const held = [...system, ...asked, ...answer, ...next];
  const unheard = [...system, ...asked, ...answer.slice(0, 15), ...next];
  expect(forgetfulReuse(held, unheard, 19)).toEqual({ prefix: 55, gap: 0, length: 55 });
  const shorter = [...system.slice(0, 10), ...asked, ...answer, ...next];
  expect(forgetfulReuse(held, shorter, 10)).toEqual({ prefix: 10, gap: 0, length: 10 });
});

it("never says that something serves which does not, and finds every forgotten turn", () => {
  const turn = fc.array(fc.nat(2), { minLength: 16, maxLength: 24 }).map((words) => [9, ...words, 8]);
  fc.assert(
    fc.property(fc.array(turn, { minLength: 2, maxLength: 6 }), fc.nat(4), (turns, forgotten) => {
      const system = [7, 7, 7, 8];
      const kept = turns.slice(1 + (forgotten % (turns.length - 1)));
      const [held, prompt] = [
        [...system, ...turns.flat()],
        [...system, ...kept.flat()],
      ];
      const { prefix, gap, length } = forgetfulReuse(held, prompt, 3);
      const served = [...held.slice(0, prefix), ...held.slice(prefix + gap)].slice(0, length);
      expect(served).toEqual(prompt.slice(0, length));
      expect(length).toBeGreaterThanOrEqual(exactReuse(held, prompt).length);
      const behind = prompt.length - prefix;
      if (behind >= 16) expect(length).toBe(prompt.length);
    }),
  );
});
