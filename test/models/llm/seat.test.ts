import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { CacheSets } from "../../../models/llm/cache-sets.ts";
import { commonPrefixLength, Seat } from "../../../models/llm/seat.ts";
import { BYTES_PER_TOKEN, CONFIG, expectSoundCache, feed } from "./cache-model.ts";

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ feed: fc.array(fc.nat(999), { minLength: 1, maxLength: 9 }) }) },
  { weight: 1, arbitrary: fc.record({ feed: fc.array(fc.nat(999), { minLength: 50, maxLength: 150 }) }) },
  { weight: 2, arbitrary: fc.record({ keep: fc.double({ min: 0, max: 1.2, noNaN: true }) }) },
  { weight: 2, arbitrary: fc.record({ copy: fc.double({ min: 0, max: 1, noNaN: true }) }) },
);

/** Does steps, each on one of two seats that share their buffers, and the same on two lists of tokens. */
function follow(steps: readonly [0 | 1, typeof step extends fc.Arbitrary<infer Step> ? Step : never][]) {
  const sets = new CacheSets(CONFIG, { roomTokens: 200 });
  const seats = [new Seat(CONFIG, sets), new Seat(CONFIG, sets)] as const;
  const models: [number[], number[]] = [[], []];
  for (const [which, action] of steps) {
    const seat = seats[which];
    const other = which === 0 ? 1 : 0;
    if ("feed" in action) {
      feed(seat, action.feed);
      models[which].push(...action.feed);
    } else if ("keep" in action) {
      const length = Math.floor(action.keep * models[which].length);
      seat.truncate(length);
      models[which] = models[which].slice(0, length);
    } else {
      const length = Math.floor(action.copy * models[other].length);
      seat.copyPrefix(seats[other], length);
      models[which] = models[other].slice(0, length);
    }
    expect(seat.tokens).toEqual(models[which]);
  }
  return { seats, models };
}

describe("a seat's cache", () => {
  it("is what a list of tokens would be, through feeding, taking back, copying and growing", () => {
    const which = fc.constantFrom<0 | 1>(0, 1);
    fc.assert(
      fc.property(fc.array(fc.tuple(which, step), { maxLength: 14 }), (steps) => {
        const { seats, models } = follow(steps);
        expect(seats.map(({ tokens }) => tokens)).toEqual(models);
        for (const seat of seats) expectSoundCache(seat);
      }),
      { numRuns: 40 },
    );
  });

  it("takes memory for what is written to it, step by step, and has one set between runs", () => {
    const grown: number[] = [];
    const sets = new CacheSets(CONFIG, { roomTokens: 150, beforeGrowing: (bytes) => grown.push(bytes) });
    const seat = new Seat(CONFIG, sets);
    const ones = (count: number): number[] => Array.from({ length: count }, () => 1);
    expect(seat.byteLength).toBe(0);
    feed(seat, ones(64));
    expect(seat.byteLength).toBe(64 * BYTES_PER_TOKEN);
    feed(seat, ones(1)); // To a second set, which goes on being the spare one.
    feed(seat, ones(1));
    feed(seat, ones(62));
    expect(seat.byteLength).toBe(128 * BYTES_PER_TOKEN);
    expect(grown).toEqual([64, 128, 64].map((tokens) => tokens * BYTES_PER_TOKEN));
    expect(sets.byteLength).toBe(128 * BYTES_PER_TOKEN);
    sets.drop();
    expect(sets.byteLength).toBe(0);
  });

  it("goes on where a run needs more room than was foreseen", () => {
    const seat = new Seat(CONFIG, new CacheSets(CONFIG, { roomTokens: 10 }));
    feed(seat, [1, 2, 3]);
    feed(
      seat,
      Array.from({ length: 20 }, (_, index) => index),
    );
    feed(seat, [4]);
    expectSoundCache(seat);
  });

  it("is untouched by a run that failed", () => {
    const seat = new Seat(CONFIG, new CacheSets(CONFIG, { roomTokens: 300 }));
    feed(seat, [1, 2, 3]);
    const { present } = seat.bind(200);
    for (const tensor of Object.values(present)) if (tensor.type === "float32") tensor.data.fill(NaN);
    expectSoundCache(seat);
    feed(seat, [4]);
    expectSoundCache(seat);
  });
});

describe("the common prefix", () => {
  it("is as long as both sequences agree", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3)), fc.array(fc.nat(3)), fc.array(fc.nat(3)), (shared, a, b) => {
        const length = commonPrefixLength([...shared, ...a], [...shared, ...b]);
        expect(length).toBeGreaterThanOrEqual(shared.length);
        expect(commonPrefixLength([...shared, 4, ...a], [...shared, 5, ...b])).toBe(shared.length);
        expect(commonPrefixLength(shared, [...shared, ...a])).toBe(shared.length);
      }),
    );
  });
});
