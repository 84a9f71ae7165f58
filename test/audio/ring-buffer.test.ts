import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { SampleRingBuffer } from "../../audio/index.ts";

describe("SampleRingBuffer", () => {
  test("remembers exactly the newest samples under their absolute positions", () => {
    const sizes = fc.array(fc.nat(30), { maxLength: 20 });
    const range = fc.tuple(fc.integer({ min: -10, max: 400 }), fc.integer({ min: -10, max: 400 }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), sizes, range, (capacity, plan, [from, to]) => {
        const buffer = new SampleRingBuffer(capacity);
        let position = 0;
        for (const size of plan) {
          buffer.append(Float32Array.from({ length: size }, () => position++));
        }
        expect([buffer.startSample, buffer.endSample]).toEqual([Math.max(0, position - capacity), position]);
        const held = Array.from({ length: position }, (_, index) => index).slice(-capacity);
        const expected = held.filter((sample) => sample >= from && sample < to);
        const span = buffer.read(from, to);
        expect([...span.samples]).toEqual(expected);
        if (expected.length > 0) expect(span.startSample).toBe(expected[0]);
      }),
    );
  });

  test("hands out copies, or a transcript changes while it is computed", () => {
    const buffer = new SampleRingBuffer(2);
    buffer.append(Float32Array.of(1, 2));
    const { samples } = buffer.read(0, 2);
    buffer.append(Float32Array.of(3, 4));
    expect([...samples]).toEqual([1, 2]);
  });

  test.each([0, -1, 1.5, NaN])("refuses a capacity of %d", (capacity) => {
    expect(() => new SampleRingBuffer(capacity)).toThrow(RangeError);
  });
});
