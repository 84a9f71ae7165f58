import fc from "fast-check";
import { expect, it } from "vitest";

import { FrameTokens } from "../../../models/llm/frame-tokens.ts";

const SIZES = { vocabularySize: 100, hiddenSize: 2 };

/** A few names and a few pictures, so that each comes back with the other's. */
const frame = fc.record({
  id: fc.constantFrom("a", "b", "c"),
  embeddings: fc
    .array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 3 })
    .map((values) => Float32Array.from(values.flatMap((value) => [value, 1 - value]))),
});

it("no token ever stands for two vectors, and a frame keeps its own, or one picture would be answered from another", () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 40 }), (frames) => {
      const tokens = new FrameTokens(SIZES);
      const meaning = new Map<number, string>();
      const last = new Map<string, { ids: readonly number[]; text: string }>();
      for (const { id, embeddings } of frames) {
        const ids = tokens.tokensOf({ id, embeddings });
        expect(ids).toHaveLength(embeddings.length / 2);
        for (const [index, token] of ids.entries()) {
          const vector = embeddings.subarray(2 * index, 2 * index + 2);
          expect(token).toBeGreaterThanOrEqual(100);
          expect(tokens.vectorOf(token)).toEqual(vector);
          expect(meaning.get(token) ?? vector.join()).toBe(vector.join());
          meaning.set(token, vector.join());
        }
        const before = last.get(id);
        const text = embeddings.join();
        if (before?.text === text) expect(ids).toEqual(before.ids);
        last.set(id, { ids, text });
      }
    }),
  );
});

it("old frames are let go of, and come back under new tokens", () => {
  const tokens = new FrameTokens(SIZES);
  const embeddings = Float32Array.of(1, 2);
  const first = tokens.tokensOf({ id: "first", embeddings });
  for (let index = 0; index < 40; index++) tokens.tokensOf({ id: `${index}`, embeddings });
  expect(tokens.vectorOf(first[0]!)).toBeUndefined();
  expect(tokens.tokensOf({ id: "first", embeddings })).not.toEqual(first);
});

it("a frame that was changed after it was given changes nothing that was computed", () => {
  const tokens = new FrameTokens(SIZES);
  const embeddings = Float32Array.of(1, 2);
  const [token = 0] = tokens.tokensOf({ id: "a", embeddings });
  embeddings.fill(9);
  expect(tokens.vectorOf(token)).toEqual(Float32Array.of(1, 2));
});

it.each([0, 3])("%i numbers are no vectors of 2", (length) => {
  const embeddings = new Float32Array(length);
  expect(() => new FrameTokens(SIZES).tokensOf({ id: "a", embeddings })).toThrow(/another language model/);
});
