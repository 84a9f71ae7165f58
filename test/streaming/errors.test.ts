import fc from "fast-check";
import { expect, test } from "vitest";

import { AudioError } from "../../audio/index.ts";
import { AntiphonError, messageOf, toAntiphonError } from "../../streaming/index.ts";

// A failure that cannot be told must not become another failure, in the very place that tells of failures.
test("says something of whatever was thrown", () => {
  expect(messageOf(new TypeError("no such thing"))).toBe("no such thing");
  expect(messageOf(42)).toBe("42");
  expect(messageOf(Object.create(null))).toBe("a value without a text was thrown");
  expect(messageOf({ toString: [] })).toBe("a value without a text was thrown");
  fc.assert(fc.property(fc.anything(), (thrown) => typeof messageOf(thrown) === "string"));
});

// Clients branch on codes: those that are known must come through, all else is ours to blame.
test("keeps known codes and calls all else internal", () => {
  const known = new AntiphonError("text-empty", "nothing to say");
  expect(toAntiphonError(known)).toBe(known);
  expect(toAntiphonError(new AudioError("audio-empty", "no sound"))).toMatchObject({ code: "audio-empty" });
  const cause = Object.create(null) as unknown;
  expect(toAntiphonError(cause)).toMatchObject({ code: "internal", cause });
});
