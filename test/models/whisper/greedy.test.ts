import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { decodeGreedily, type DecoderRun, type Hypothesis } from "../../../models/whisper/greedy.ts";
import type { WhisperTokens } from "../../../models/whisper/tokens.ts";

const VOCABULARY = 40;
const END = 30;

/** Marks all that steers, and `ids`. */
function marks(...ids: number[]): Uint8Array {
  const result = new Uint8Array(VOCABULARY).fill(1, END + 1);
  for (const id of ids) result[id] = 1;
  return result;
}

/** Text tokens 0-29, then the end and what steers. */
const SPECIAL: WhisperTokens = {
  startOfTranscript: 31,
  task: [32],
  endOfText: END,
  noSpeech: 33,
  fullStop: 13,
  languages: [],
  suppressed: marks(0),
  suppressedAtStart: marks(0, 1, END),
  decode: (tokens) => tokens.join(" "),
};

/** A decoder whose logits are a hash of all tokens before, so that a wrong cache cannot go unnoticed. */
class HashDecoder {
  runs = 0;
  readonly #seed: number;
  readonly #cache: number[] = [];

  constructor(seed: number) {
    this.#seed = seed;
  }

  readonly run: DecoderRun = (tokens, position) => {
    this.runs++;
    expect(position).toBeLessThanOrEqual(this.#cache.length);
    this.#cache.length = position;
    const logits = new Float32Array(tokens.length * VOCABULARY);
    for (const [row, token] of tokens.entries()) {
      this.#cache.push(token);
      let hash = this.#cache.reduce((sum, one) => Math.imul(sum ^ one, 0x01000193), this.#seed);
      for (let id = 0; id < VOCABULARY; id++) {
        hash = Math.imul(hash ^ (hash >>> 13), 0x5bd1e995) + id;
        logits[row * VOCABULARY + id] = (hash >>> 8) / 2 ** 22;
      }
    }
    return Promise.resolve(logits);
  };
}

async function decode(
  decoder: HashDecoder,
  options: { limit?: number; draft?: readonly number[]; special?: WhisperTokens } = {},
): Promise<Hypothesis & { steps: number }> {
  const { limit = 24, draft = [], special = SPECIAL } = options;
  const steps = decodeGreedily(decoder.run, { tokens: special, limit, draft });
  for (let count = 0; ; count++) {
    const step = await steps.next();
    if (step.done === true) return { ...step.value, steps: count };
  }
}

const seed = fc.integer();
const noise = fc.array(fc.integer({ min: 0, max: 29 }), { maxLength: 30 });

describe("decodeGreedily", () => {
  it("comes to the same with any draft, or partial hypotheses would change the final one", async () => {
    await fc.assert(
      fc.asyncProperty(seed, noise, fc.nat(30), async (key, junk, kept) => {
        const plain = await decode(new HashDecoder(key));
        const draft = [...plain.tokens.slice(0, kept), ...junk];
        const drafted = await decode(new HashDecoder(key), { draft });
        expect(drafted.tokens).toEqual(plain.tokens);
        expect(drafted.averageLogProbability).toBeCloseTo(plain.averageLogProbability, 5);
        expect(drafted.noSpeechProbability).toBe(plain.noSpeechProbability);
      }),
    );
  });

  it("needs one run where nothing changed, and never more than without a draft", async () => {
    await fc.assert(
      fc.asyncProperty(seed, noise, async (key, junk) => {
        const [plain, same, other] = [new HashDecoder(key), new HashDecoder(key), new HashDecoder(key)];
        const { tokens } = await decode(plain);
        await decode(same, { draft: tokens });
        await decode(other, { draft: junk });
        expect(same.runs).toBe(1);
        expect(other.runs).toBeLessThanOrEqual(plain.runs);
      }),
    );
  });

  it("needs one run less where the text ends with a full stop, which is always tried", async () => {
    const text = [7, 8, 13, END];
    let runs = 0;
    const run: DecoderRun = (tokens, position) => {
      runs++;
      const logits = new Float32Array(tokens.length * VOCABULARY);
      for (let row = 0; row < tokens.length; row++)
        logits[row * VOCABULARY + (text[position + row - 1] ?? END)] = 9;
      return Promise.resolve(logits);
    };
    const steps = decodeGreedily(run, { tokens: SPECIAL, limit: 10, draft: [] });
    let step = await steps.next();
    while (step.done !== true) step = await steps.next();
    expect(step.value.tokens).toEqual([7, 8, 13]);
    expect(runs).toBe(3);
  });

  it("lets others have a turn after every run", async () => {
    const decoder = new HashDecoder(3);
    expect((await decode(decoder)).steps).toBe(decoder.runs);
  });

  it("never chooses a suppressed token, nor the end first, and stays within the limit", async () => {
    await fc.assert(
      fc.asyncProperty(seed, fc.integer({ min: 1, max: 20 }), noise, async (key, limit, draft) => {
        const { tokens } = await decode(new HashDecoder(key), { limit, draft });
        expect(tokens.length).toBeGreaterThan(0);
        expect(tokens.length).toBeLessThanOrEqual(limit);
        expect(tokens.every((token) => token < END && token !== 0)).toBe(true);
        expect(tokens[0]).not.toBe(1);
      }),
    );
  });

  it("hears the language first where there is a choice, and drafts still change nothing", async () => {
    const special = { ...SPECIAL, languages: [34, 35] };
    await fc.assert(
      fc.asyncProperty(seed, noise, async (key, draft) => {
        const plain = await decode(new HashDecoder(key), { special });
        const drafted = await decode(new HashDecoder(key), { special, draft });
        expect(drafted.tokens).toEqual(plain.tokens);
        expect(drafted.noSpeechProbability).toBe(plain.noSpeechProbability);
      }),
    );
  });

  it("leaves a loop after three rounds with one of them", async () => {
    const round = [5, 6, 7];
    const run: DecoderRun = (tokens, position) => {
      const logits = new Float32Array(tokens.length * VOCABULARY);
      for (let row = 0; row < tokens.length; row++) {
        const next = round[(position + row + 2) % 3]!;
        logits[row * VOCABULARY + next] = 9;
      }
      return Promise.resolve(logits);
    };
    const steps = decodeGreedily(run, { tokens: SPECIAL, limit: 100, draft: [] });
    let runs = 0;
    let step = await steps.next();
    for (; step.done !== true; step = await steps.next()) runs++;
    expect(step.value.tokens).toEqual(round);
    expect(runs).toBe(9);
  });

  it("ends rather than crashes where the network yields no numbers", async () => {
    const run: DecoderRun = (tokens) =>
      Promise.resolve(new Float32Array(tokens.length * VOCABULARY).fill(NaN));
    const steps = decodeGreedily(run, { tokens: SPECIAL, limit: 10, draft: [4] });
    await steps.next();
    expect(await steps.next()).toMatchObject({ done: true, value: { tokens: [] } });
  });
});
