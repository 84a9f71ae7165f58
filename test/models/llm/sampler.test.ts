import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { argmax, Sampler } from "../../../models/llm/sampler.ts";
import type { Candidates } from "../../../models/llm/decoder-network.ts";
import type { SamplingOptions } from "../../../streaming/index.ts";

const GREEDY: SamplingOptions = { temperature: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 0 };
const PLAIN: SamplingOptions = { ...GREEDY, temperature: 1 };

/** Logits whose softmax is `probabilities`. */
function logitsOf(probabilities: readonly number[]): Float32Array {
  return Float32Array.from(probabilities, (probability) => Math.log(probability));
}

/** A whole vocabulary as candidates. */
function all(logits: Float32Array): Candidates {
  return { tokens: [...logits.keys()], logits };
}

/** How often each token is drawn, as a share of all draws. */
function shares(options: SamplingOptions, probabilities: readonly number[], draws = 20_000): number[] {
  const sampler = new Sampler(options);
  const counts = probabilities.map(() => 0);
  for (let draw = 0; draw < draws; draw++) {
    const token = sampler.next(all(logitsOf(probabilities)), []);
    counts[token] = counts[token]! + 1;
  }
  return counts.map((count) => count / draws);
}

function expectShares(actual: readonly number[], expected: readonly number[]): void {
  for (const [token, share] of expected.entries()) {
    if (share === 0) expect(actual[token], `token ${token}`).toBe(0);
    // Four standard deviations of 20,000 draws are at most 0.0142.
    else expect(Math.abs(actual[token]! - share), `token ${token}`).toBeLessThan(0.0145);
  }
}

const logitsArbitrary = fc.float32Array({ minLength: 1, maxLength: 60, noNaN: true, min: -50, max: 50 });

describe("sampling", () => {
  it("without temperature takes the most probable token, whatever the other options are", () => {
    fc.assert(
      fc.property(logitsArbitrary, fc.nat(), (logits, seed) => {
        const best = argmax(logits);
        expect(logits[best]).toBe(Math.max(...logits));
        const options = { ...GREEDY, topP: 0.5, minP: 0.5, seed };
        expect(new Sampler(options).next(all(Float32Array.from(logits)), [])).toBe(best);
      }),
    );
  });

  it("draws each token as often as it is probable", () => {
    expectShares(shares(PLAIN, [0.5, 0.25, 0.15, 0.1]), [0.5, 0.25, 0.15, 0.1]);
  });

  it("sharpens with a low temperature and flattens with a high one", () => {
    const squares = [0.49, 0.04, 0.01]; // of 0.7, 0.2, 0.1
    expectShares(
      shares({ ...PLAIN, temperature: 0.5 }, [0.7, 0.2, 0.1]),
      squares.map((square) => square / 0.54),
    );
    const roots = [0.7, 0.2, 0.1].map(Math.sqrt);
    const sum = roots.reduce((total, root) => total + root, 0);
    expectShares(
      shares({ ...PLAIN, temperature: 2 }, [0.7, 0.2, 0.1]),
      roots.map((root) => root / sum),
    );
  });

  it("with top-p draws from the smallest set that holds that much probability, in proportion", () => {
    expectShares(shares({ ...PLAIN, topP: 0.7 }, [0.1, 0.5, 0.15, 0.25]), [0, 2 / 3, 0, 1 / 3]);
    expectShares(shares({ ...PLAIN, topP: 0.01 }, [0.1, 0.5, 0.15, 0.25]), [0, 1, 0, 0]);
  });

  it("with min-p draws no token that is that much less probable than the best", () => {
    expectShares(shares({ ...PLAIN, minP: 0.4 }, [0.1, 0.5, 0.15, 0.25]), [0, 2 / 3, 0, 1 / 3]);
  });

  it("measures min-p after the temperature", () => {
    // 0.5 : 0.25 is 1 : 0.25 at temperature 0.5.
    expectShares(shares({ ...PLAIN, minP: 0.4, temperature: 0.5 }, [0.5, 0.25, 0.25]), [1, 0, 0]);
  });

  it("makes tokens that were just said less likely by the penalty, whether their logits are above or below 0", () => {
    const options = { ...GREEDY, repetitionPenalty: 1.5 };
    expect(new Sampler(options).next(all(Float32Array.of(3, 2.5, 0)), [])).toBe(0);
    expect(new Sampler(options).next(all(Float32Array.of(3, 2.5, 0)), [0])).toBe(1);
    expect(new Sampler(options).next(all(Float32Array.of(-2, -2.5, -9)), [0])).toBe(1);
  });

  it("penalises a token once, however often it was said", () => {
    const logits = Float32Array.of(3, 1.5, 0);
    new Sampler({ ...GREEDY, repetitionPenalty: 2 }).next(all(logits), [0, 0, 0, 0]);
    expect([...logits]).toEqual([1.5, 1.5, 0]);
  });

  it("gives the token, not its place on a shortlist", () => {
    const candidates = (): Candidates => ({ tokens: [700, 30, 9], logits: Float32Array.of(1, 3, 2.5) });
    expect(new Sampler(GREEDY).next(candidates(), [])).toBe(30);
    expect(new Sampler({ ...GREEDY, repetitionPenalty: 2 }).next(candidates(), [30, 1])).toBe(9);
    expect([700, 30, 9]).toContain(new Sampler(PLAIN).next(candidates(), []));
  });

  it("says the same again with the same seed, and something else with another", () => {
    const draw = (seed: number): number[] => {
      const sampler = new Sampler({ ...PLAIN, seed });
      return Array.from({ length: 64 }, () => sampler.next(all(logitsOf([0.4, 0.3, 0.2, 0.1])), []));
    };
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(draw(seed)).toEqual(draw(seed));
        expect(draw(seed)).not.toEqual(draw(seed + 1));
      }),
      { numRuns: 30 },
    );
  });

  it("always gives a token of the vocabulary, whatever the options", () => {
    const options = fc.record({
      temperature: fc.double({ min: 0, max: 5, noNaN: true }),
      topP: fc.double({ min: 0, max: 1, noNaN: true }),
      minP: fc.double({ min: 0, max: 1, noNaN: true }),
      repetitionPenalty: fc.double({ min: 1, max: 2, noNaN: true }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(logitsArbitrary, options, fc.array(fc.nat(59)), (logits, sampling, recent) => {
        const token = new Sampler(sampling).next(all(Float32Array.from(logits)), recent);
        expect(Number.isInteger(token)).toBe(true);
        expect(token).toBeGreaterThanOrEqual(0);
        expect(token).toBeLessThan(logits.length);
      }),
    );
  });
});

it("leaves out what is not allowed as the penalty has left it, so that nothing comes behind what it makes second", () => {
  const sampler = new Sampler({ ...GREEDY, repetitionPenalty: 1.5 });
  const seen: number[][] = [];
  const next = sampler.next(all(Float32Array.of(3, 2.5, 1)), [0], ({ tokens, logits }) => {
    seen.push([...logits]);
    return { tokens: tokens.slice(2), logits: logits.slice(2) };
  });
  expect(seen).toEqual([[2, 2.5, 1]]);
  expect(next).toBe(2);
});
