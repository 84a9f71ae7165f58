import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { commonPrefixLength, Seat } from "../../../models/llm/seat.ts";
import type { NetworkTensor } from "../../../models/runtime/session.ts";

const config = {
  layers: 2,
  hiddenSize: 12,
  intermediateSize: 8,
  heads: 4,
  keyValueHeads: 3,
  headDim: 4,
  vocabularySize: 1000,
  normEpsilon: 1e-6,
  rope: { theta: 10_000 },
  contextLength: 4096,
  attentionBias: false,
  queryKeyNorm: false,
} as const;

/** What a network would have stored for a token at a position: a number that names every coordinate. */
function cacheValue(at: {
  token: number;
  position: number;
  layer: number;
  part: number;
  head: number;
  dim: number;
}) {
  return at.token * 1e4 + at.position * 10 + at.layer * 2 + at.part + at.head / 8 + at.dim / 64;
}

const PARTS = ["key", "value"] as const;

/** The whole cache a seat ought to hold for `tokens`, one tensor by name, as [heads, length, dim]. */
function expectedCache(tokens: readonly number[]): Record<string, number[]> {
  const caches: Record<string, number[]> = {};
  for (let layer = 0; layer < config.layers; layer++) {
    for (const [part, name] of PARTS.entries()) {
      caches[`${layer}.${name}`] = Array.from({ length: config.keyValueHeads }, (_, head) =>
        tokens.map((token, position) =>
          Array.from({ length: config.headDim }, (_, dim) =>
            Math.fround(cacheValue({ token, position, layer, part, head, dim })),
          ),
        ),
      ).flat(2);
    }
  }
  return caches;
}

function floatsOf(tensor: NetworkTensor | undefined): number[] {
  if (tensor?.type !== "float32") throw new Error("no float32 tensor");
  return [...tensor.data];
}

function expectCache(past: Record<string, NetworkTensor>, tokens: readonly number[]): void {
  for (const [name, values] of Object.entries(expectedCache(tokens))) {
    expect(past[`past.${name}`]?.dims).toEqual([1, config.keyValueHeads, tokens.length, config.headDim]);
    expect(floatsOf(past[`past.${name}`]), name).toEqual(values);
  }
}

/** Feeds tokens as the network does: reads the past, writes the grown cache to the other buffers. */
function feed(seat: Seat, tokens: readonly number[]): void {
  const before = [...seat.tokens];
  const { past, present } = seat.bind(tokens.length);
  expectCache(past, before);
  for (const [name, values] of Object.entries(expectedCache([...before, ...tokens]))) {
    const target = present[`present.${name}`];
    if (target?.type !== "float32") throw new Error("no float32 tensor");
    expect(target.dims).toEqual([1, config.keyValueHeads, before.length + tokens.length, config.headDim]);
    target.data.set(values);
  }
  expectCache(past, before); // The grown cache must not overwrite what the run still reads.
  seat.advance(tokens);
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ feed: fc.array(fc.nat(999), { minLength: 1, maxLength: 9 }) }) },
  { weight: 1, arbitrary: fc.record({ feed: fc.array(fc.nat(999), { minLength: 200, maxLength: 400 }) }) },
  { weight: 2, arbitrary: fc.record({ keep: fc.double({ min: 0, max: 1.2, noNaN: true }) }) },
);

describe("a seat's cache", () => {
  it("is what a list of tokens would be, through feeding, taking back and growing past its capacity", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 10 }), (steps) => {
        const seat = new Seat(config);
        let model: number[] = [];
        for (const action of steps) {
          if ("feed" in action) {
            feed(seat, action.feed);
            model = [...model, ...action.feed];
          } else {
            const length = Math.floor(action.keep * model.length);
            seat.truncate(length);
            model = model.slice(0, length);
          }
          expect(seat.tokens).toEqual(model);
        }
        expectCache(seat.bind(0).past, model);
      }),
      { numRuns: 20 },
    );
  });

  it("says how much memory it takes, which grows only when its room is used up", () => {
    const seat = new Seat(config);
    const before = seat.byteLength;
    expect(before).toBe(config.layers * 2 * 2 * 4 * config.keyValueHeads * config.headDim * 256);
    feed(
      seat,
      Array.from({ length: 256 }, () => 1),
    );
    expect(seat.byteLength).toBe(before);
    feed(seat, [1]);
    expect(seat.byteLength).toBe(2 * before);
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
