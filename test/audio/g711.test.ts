import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { floatsToG711, g711ToFloats } from "../../audio/index.ts";

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, index) => index);

describe.each(["mu-law", "a-law"] as const)("G.711 %s", (law) => {
  test("gives every byte back but mu-law's second zero, or each relay on the way adds noise", () => {
    const again = floatsToG711(g711ToFloats(ALL_BYTES, law), law);
    const expected = law === "mu-law" ? ALL_BYTES.map((byte) => (byte === 0x7f ? 0xff : byte)) : ALL_BYTES;
    expect(again).toEqual(expected);
  });

  test("is right to a sixteenth of a sample's size and never changes its sign, or speech is distorted", () => {
    fc.assert(
      fc.property(fc.float({ min: Math.fround(-0.99), max: Math.fround(0.99), noNaN: true }), (sample) => {
        const [again] = g711ToFloats(floatsToG711(Float32Array.of(sample), law), law);
        expect(Math.abs(again! - sample)).toBeLessThanOrEqual(Math.abs(sample) / 16 + 20 / 32_768);
        expect(again! * sample).toBeGreaterThanOrEqual(-1e-6);
      }),
    );
  });
});

describe("G.711", () => {
  test("has the codes of the recommendation's tables, or telephones hear noise", () => {
    const heard = (law: "mu-law" | "a-law", ...bytes: number[]): number[] =>
      [...g711ToFloats(Uint8Array.from(bytes), law)].map((sample) => sample * 32_768);
    expect(heard("mu-law", 0xff, 0x80, 0x00, 0xef)).toEqual([0, 32_124, -32_124, 132]);
    expect(heard("a-law", 0xd5, 0x55, 0xaa, 0x2a)).toEqual([8, -8, 32_256, -32_256]);
    expect([...floatsToG711(Float32Array.of(0, 1, -1), "mu-law")]).toEqual([0xff, 0x80, 0x00]);
    expect([...floatsToG711(Float32Array.of(0, 1, -1), "a-law")]).toEqual([0xd5, 0xaa, 0x2a]);
  });
});
