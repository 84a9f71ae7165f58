import fc from "fast-check";
import { expect, it } from "vitest";

import { exactReuse, forgetfulReuse } from "../../../models/llm/reuse.ts";

const tokens = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

it("finds what is left of a conversation whose oldest turns are gone, or all of it would be computed anew", () => {
  const [system, oldest, rest, question] = [tokens(0, 20), tokens(100, 140), tokens(200, 260), [300, 301]];
  const held = [...system, ...oldest, ...rest];
  const prompt = [...system, ...rest, ...question];
  expect(forgetfulReuse(held, prompt)).toEqual({ prefix: 20, gap: 40, length: 80 });
  expect(exactReuse(held, prompt)).toEqual({ prefix: 20, gap: 0, length: 20 });
});

it("takes the gap that leaves most, where turns begin alike", () => {
  const turn = (end: number): number[] => [...tokens(500, 520), end, end + 1, end + 2];
  const held = [1, 2, ...turn(600), ...turn(700), ...turn(800)];
  const prompt = [1, 2, ...turn(700), ...turn(800)];
  const { prefix, gap, length } = forgetfulReuse(held, prompt);
  expect([...held.slice(0, prefix), ...held.slice(prefix + gap)].slice(0, length)).toEqual(prompt);
});

it("leaves a few words that come back by chance", () => {
  const held = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  expect(forgetfulReuse(held, [1, 5, 6, 7, 8])).toEqual({ prefix: 1, gap: 0, length: 1 });
});

it("never says that something serves which does not", () => {
  const list = fc.array(fc.nat(2), { maxLength: 80 });
  fc.assert(
    fc.property(list, list, (held, prompt) => {
      const { prefix, gap, length } = forgetfulReuse(held, prompt);
      const served = [...held.slice(0, prefix), ...held.slice(prefix + gap)].slice(0, length);
      expect(served).toEqual(prompt.slice(0, length));
      expect(length).toBeGreaterThanOrEqual(exactReuse(held, prompt).length);
    }),
  );
});
