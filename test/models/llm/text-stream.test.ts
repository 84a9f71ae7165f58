import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { TextStream } from "../../../models/llm/text-stream.ts";
import type { TextTokenizer } from "../../../models/llm/tokenizer.ts";

/** A tokenizer whose tokens are pieces of bytes, cut anywhere. */
function byteTokenizer(pieces: readonly Uint8Array[]): Pick<TextTokenizer, "decode"> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return { decode: (ids) => decoder.decode(Buffer.concat(ids.map((id) => pieces[id]!))) };
}

/** The bytes of a text in pieces of these lengths, over and over. */
function cut(text: string, lengths: readonly number[]): Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  const pieces: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length]!;
    pieces.push(bytes.slice(at, at + length));
    at += length;
  }
  return pieces;
}

function stream(text: string, lengths: readonly number[], stops: readonly string[]) {
  const pieces = cut(text, lengths);
  const run = new TextStream(byteTokenizer(pieces), stops);
  const texts: string[] = [];
  for (const token of pieces.keys()) {
    const { text: piece, stopped } = run.push(token);
    texts.push(piece);
    if (stopped) return { texts: [...texts, run.end()], stopped };
  }
  return { texts: [...texts, run.end()], stopped: false };
}

const words = fc.array(fc.constantFrom("a", "b", "ab", " ", "é", "中", "😀", "👩‍👩‍👧‍👦", "\u{FFFD}", "\n"), {
  maxLength: 30,
});
const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 });
const stop = fc.array(fc.constantFrom("a", "b", " ", "é", "😀", "\n"), { minLength: 1, maxLength: 4 });

describe("streamed text", () => {
  it("comes in whole characters though each token holds a single byte", () => {
    const { texts } = stream("né 😀👍🏽!", [1], []);
    expect(texts.filter((text) => text !== "")).toEqual(["n", "é", " ", "😀", "👍", "🏽", "!"]);
  });

  it("is in sum what the tokens decode to at once", () => {
    fc.assert(
      fc.property(words, lengths, (parts, sizes) => {
        const text = parts.join("");
        const { texts, stopped } = stream(text, sizes, []);
        expect(texts.join("")).toBe(text);
        expect(stopped).toBe(false);
      }),
    );
  });

  it("ends before the first stop string, however the tokens cut it, and shows none of it", () => {
    fc.assert(
      fc.property(words, lengths, fc.array(stop, { maxLength: 3 }), (parts, sizes, stops) => {
        const text = parts.join("");
        const ends = stops.map((letters) => letters.join(""));
        const { texts, stopped } = stream(text, sizes, ends);
        // A token may complete several stop strings at once, so the earliest of those that are complete by then counts.
        const said = texts.join("");
        const found = ends.some((end) => text.includes(end));
        expect(stopped).toBe(found);
        if (!found) expect(said).toBe(text);
        else
          expect(text.startsWith(said) && ends.some((end) => text.startsWith(end, said.length))).toBe(true);
        for (const end of ends) expect(said.includes(end)).toBe(false);
      }),
    );
  });

  it("holds back what may become a stop string, and lets go of it when it does not", () => {
    const { texts } = stream("x###y####", [1], ["####"]);
    expect(texts).toEqual(["x", "", "", "", "###y", "", "", "", "", ""]);
    expect(stream("x##", [1], ["###"]).texts).toEqual(["x", "", "", "##"]);
  });

  it("takes no empty stop string for an end", () => {
    expect(stream("abc", [1], [""])).toEqual({ texts: ["a", "b", "c", ""], stopped: false });
  });

  it("passes on bytes that never become a character as they decode", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 4 }), { maxLength: 20 }), (pieces) => {
        const tokenizer = byteTokenizer(pieces);
        const run = new TextStream(tokenizer, []);
        const text = [...pieces.keys()].map((token) => run.push(token).text).join("") + run.end();
        expect(text).toBe(tokenizer.decode([...pieces.keys()]));
      }),
    );
  });
});
