import { expect, test } from "vitest";

import { Look } from "../../streaming/look.ts";
import { NOTHING_SEEN } from "../../streaming/seen.ts";
import type { Seen } from "../../streaming/seen.ts";

// A look costs a core: words that nobody answers are worth none, and those that are begun anew none more.
test("looks only where somebody wants to know, and once, and has seen nothing before", async () => {
  const seen: Seen = [{ type: "text", text: "[it is dark]" }];
  let looks = 0;
  const look = new Look("What is this?", async () => {
    looks += 1;
    return await Promise.resolve(seen);
  });
  expect(looks).toBe(0);
  const found = Promise.all([look.find(), look.find()]);
  expect(look.seen).toBe(NOTHING_SEEN);
  await found;
  expect(look.seen).toBe(seen);
  expect(looks).toBe(1);
});
