import fc from "fast-check";
import { expect, test } from "vitest";

import { decodeCharacters, parseAlphabet } from "../../../models/ocr/alphabet.ts";
import { readingOrder } from "../../../models/ocr/reading-order.ts";
import { findTextBoxes, type TextBox } from "../../../models/ocr/text-boxes.ts";

const alphabet = parseAlphabet("a\nb\nc\n");

/** Probabilities whose best classes are these; `spaces` are steps that may be a space. */
function steps(best: readonly number[], spaces: readonly number[] = []): Float32Array {
  const probabilities = new Float32Array(best.length * alphabet.length);
  for (const [step, character] of best.entries()) probabilities[step * alphabet.length + character] = 0.9;
  for (const step of spaces) probabilities[(step + 1) * alphabet.length - 1] = 0.05;
  return probabilities;
}

test("repeats and blanks are left out, and a letter behind a blank is a second one", () => {
  expect(decodeCharacters(steps([0, 1, 1, 0, 1, 2, 2, 0]), alphabet).text).toBe("aab");
});

test("a blank that may be a space is one, once, and never at the ends", () => {
  expect(decodeCharacters(steps([0, 1, 0, 0, 2, 0], [0, 2, 3, 5]), alphabet).text).toBe("a b");
  expect(decodeCharacters(steps([1, 4, 2]), alphabet).text).toBe("a b");
});

test("nothing is decoded to nothing, without certainty", () => {
  expect(decodeCharacters(steps([0, 0]), alphabet)).toEqual({ text: "", probability: 0 });
});

test("an alphabet that is none is refused", () => {
  expect(() => parseAlphabet("")).toThrow(expect.objectContaining({ code: "checkpoint-invalid" }));
});

test("a turned bar is found with its place, size and angle", () => {
  const bar = fc.record({
    x: fc.integer({ min: 90, max: 110 }),
    y: fc.integer({ min: 70, max: 90 }),
    width: fc.integer({ min: 60, max: 100 }),
    height: fc.integer({ min: 10, max: 16 }),
    degrees: fc.integer({ min: -30, max: 30 }),
  });
  fc.assert(
    fc.property(bar, ({ x, y, width, height, degrees }) => {
      const angle = (degrees * Math.PI) / 180;
      const probabilities = Float32Array.from({ length: 200 * 160 }, (_, at) => {
        const dx = (at % 200) - x;
        const dy = Math.floor(at / 200) - y;
        const along = dx * Math.cos(angle) + dy * Math.sin(angle);
        const across = dy * Math.cos(angle) - dx * Math.sin(angle);
        return Math.abs(along) <= width / 2 && Math.abs(across) <= height / 2 ? 0.9 : 0;
      });
      const [box, ...others] = findTextBoxes({ width: 200, height: 160, probabilities });
      expect(others).toEqual([]);
      expect(Math.hypot(box!.center.x - x, box!.center.y - y)).toBeLessThan(2);
      expect(Math.abs(box!.angle - angle)).toBeLessThan(0.05);
      // Grown on each side by area · 1.5 / perimeter.
      const margin = (width * height * 1.5) / (2 * (width + height));
      expect(Math.abs(box!.width - width - 2 * margin)).toBeLessThan(6);
      expect(Math.abs(box!.height - height - 2 * margin)).toBeLessThan(6);
    }),
  );
});

test("faint and tiny patches are no text", () => {
  const probabilities = new Float32Array(50 * 50);
  probabilities.fill(0.4, 100, 140);
  probabilities.fill(0.9, 1010, 1012);
  expect(findTextBoxes({ width: 50, height: 50, probabilities })).toEqual([]);
});

test("a turned page is read line by line, each from left to right", () => {
  const angle = 0.15;
  const box = (u: number, v: number, width: number): TextBox => ({
    center: { x: u * Math.cos(angle) - v * Math.sin(angle), y: u * Math.sin(angle) + v * Math.cos(angle) },
    width,
    height: 20,
    angle,
    probability: 1,
  });
  const [first, second, third] = [box(100, 100, 80), box(400, 103, 200), box(120, 140, 90)];
  expect(readingOrder([third, second, first])).toEqual([[first, second], [third]]);
  expect(readingOrder([])).toEqual([]);
});
