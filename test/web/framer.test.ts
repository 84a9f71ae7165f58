import fc from "fast-check";
import { expect, test } from "vitest";

import { Framer, levelOf } from "../../web/client/framer.ts";

test("nothing is lost, doubled or shared between frames, however the sound arrives", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 700 })), (lengths) => {
      const framer = new Framer(320);
      let next = 0;
      const frames = lengths.flatMap((length) =>
        framer.push(Float32Array.from({ length }, () => next++ % 4096)),
      );
      expect(frames).toHaveLength(Math.floor(next / 320));
      expect(new Set(frames.map(({ buffer }) => buffer)).size).toBe(frames.length);
      expect(frames.flatMap((frame) => [...frame])).toEqual(
        Array.from({ length: frames.length * 320 }, (_, at) => at % 4096),
      );
    }),
  );
});

test("the level of silence is 0 and that of a full square wave 1", () => {
  expect(levelOf(new Float32Array(0))).toBe(0);
  expect(levelOf(new Float32Array(320))).toBe(0);
  expect(levelOf(new Float32Array(320).fill(-1))).toBe(1);
});
