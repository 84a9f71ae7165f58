import fc from "fast-check";
import { expect, test } from "vitest";

import { Backlog } from "../../web/client/backlog.ts";

test("a picture that has just been sent does not make the line look slow, sound that waits does", () => {
  const backlog = new Backlog();
  backlog.add(80, 0);
  backlog.add(60_000, 1500);
  expect(backlog.lagMs(60_040, 1510)).toBe(1510);
  expect(backlog.lagMs(60_000, 1510)).toBe(10);
  expect(backlog.lagMs(0, 1510)).toBe(0);
});

test("the lag is the age of the oldest byte that is unsent, whatever was sent before", () => {
  const sends = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(sends, fc.nat(), (sizes, seed) => {
      const backlog = new Backlog();
      for (const [at, size] of sizes.entries()) backlog.add(size, at * 20);
      const total = sizes.reduce((sum, size) => sum + size, 0);
      const unsent = seed % (total + 1);
      let end = 0;
      const oldest = sizes.findIndex((size) => (end += size) > total - unsent);
      const nowMs = sizes.length * 20;
      expect(backlog.lagMs(unsent, nowMs)).toBe(oldest === -1 ? 0 : nowMs - oldest * 20);
    }),
  );
});
