import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { decide, leavesOpen } from "../../../streaming/index.ts";
import type { Evidence, InView } from "../../../streaming/index.ts";
import { cluesOf } from "../../../streaming/monitor/clues.ts";
import { anyEvidence, anyView, share } from "./any-evidence.ts";
import { OVER_ANSWER, SILENT } from "./circumstances.ts";

const NOBODY: InView = { people: 0, things: [] };
const ONE: InView = { people: 1, things: [] };
const COMPANY: InView = { people: 3, things: [] };
const CUP: InView = { people: 1, things: [{ name: "coffee cup", probability: 0.8 }] };

/** What the view alone adds to the clues. */
function added(inView: InView, text: string, levelBelowUserDb = 0): unknown[] {
  const evidence = { ...OVER_ANSWER, text, levelBelowUserDb };
  const before = cluesOf(evidence).map(({ reason }) => reason);
  return cluesOf({ ...evidence, inView })
    .filter(({ reason }) => !before.includes(reason))
    .map(({ weights, reason }) => [weights, reason]);
}

/** One of these, from so far that it may as well be meant for somebody else. */
function nearEven(...texts: readonly string[]): fc.Arbitrary<Evidence> {
  const said = fc.record({
    text: fc.constantFrom(...texts),
    levelBelowUserDb: fc.double({ min: 4, max: 9, noNaN: true }),
    addressed: fc.option(share, { nil: undefined }),
    assistantSpeaking: fc.boolean(),
  });
  return said.map((evidence) => ({ ...OVER_ANSWER, ...evidence }));
}

describe("what is in view", () => {
  test("says that a quieter voice out of view is rather somebody else's", () => {
    const hint = [[{ "side-talk": 1 }, "nobody is in view, and it is quieter than this user"]];
    expect(added(NOBODY, "The train was late again.", 6)).toEqual(hint);
    expect(added(NOBODY, "The train was late again.", 1)).toEqual([]);
    expect(added(ONE, "The train was late again.", 6)).toEqual([]);
  });

  test("says that people in company may talk to each other, unless they call somebody or ask for something", () => {
    const hint = [[{ "side-talk": 0.5 }, "several people are in view, and it calls none of them"]];
    expect(added(COMPANY, "The train was late again.")).toEqual(hint);
    for (const text of ["Computer, the train was late.", "Anna, the train was late.", "Is the train late?"])
      expect(added(COMPANY, text)).toEqual([]);
  });

  test("says that words about it are meant for who sees it, as far as it is certain", () => {
    const about = "it is about what is in view";
    expect(added(CUP, "I like my cups.")).toEqual([[{ query: 0.8 }, about]]);
    expect(added(CUP, "What is this?")).toEqual([[{ query: 1 }, about]]);
    expect(added(CUP, "What is the capital of France?")).toEqual([]);
    expect(added(CUP, "The train was late again.")).toEqual([]);
  });

  test("tips what was nearly even, one way or the other", () => {
    const even: Evidence = { ...SILENT, text: "The train was late again.", levelBelowUserDb: 6.4 };
    expect(decide(even).kind).toBe("query");
    expect(decide({ ...even, inView: NOBODY }).kind).toBe("side-talk");
    const farther = { ...even, text: "I like my cup very much.", levelBelowUserDb: 6.6 };
    expect(decide(farther).kind).toBe("side-talk");
    expect(decide({ ...farther, inView: CUP }).kind).toBe("query");
  });

  test("is no clue where nothing is known of it, or it has nothing to do with the words", () => {
    fc.assert(
      fc.property(anyEvidence, (evidence) => {
        expect(decide({ ...evidence, inView: undefined })).toEqual(decide(evidence));
        const text = "The train was late again.";
        expect(decide({ ...evidence, text, inView: ONE })).toEqual(decide({ ...evidence, text }));
      }),
    );
  });

  test("changes no decision that was sure without it, nor what the language model is asked", () => {
    const evidence = fc.oneof(
      anyEvidence,
      nearEven("The train was late again.", "I like my cup very much.", "It barks, the dog."),
    );
    fc.assert(
      fc.property(evidence, anyView, (known, inView) => {
        const { kind, probability } = decide(known);
        if (probability >= 0.75) expect(decide({ ...known, inView }).kind).toBe(kind);
        expect(leavesOpen({ ...known, inView })).toBe(leavesOpen(known));
      }),
      { numRuns: 1000 },
    );
    const open = { ...OVER_ANSWER, text: "I like my cup very much." };
    expect([leavesOpen(open), leavesOpen({ ...open, inView: CUP })]).toEqual([true, true]);
  });

  test("never has a plain question ignored", () => {
    const asked = nearEven("What is the capital of France?", "What is it?", "Can you tell me a story?");
    fc.assert(
      fc.property(asked, anyView, (evidence, inView) => {
        if (decide(evidence).kind === "query") expect(decide({ ...evidence, inView }).kind).toBe("query");
      }),
      { numRuns: 1000 },
    );
  });
});
