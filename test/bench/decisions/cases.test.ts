import { describe, expect, it } from "vitest";

import { CASTS, makeCases } from "../../../bench/decisions/cases.ts";
import { HELD_OUT_PHRASES } from "../../../bench/decisions/held-out.ts";
import { KINDS } from "../../../bench/decisions/matrix.ts";
import { KNOWN_PHRASES } from "../../../bench/decisions/phrases.ts";
import { TRAINING_PHRASES } from "../../../bench/decisions/training.ts";
import { wordsOf } from "../../../streaming/monitor/words.ts";

const textsOf = (phrases: object): string[] =>
  (Object.values(phrases) as string[][]).flat().map((text) => wordsOf(text).join(" "));

describe("the stretches that the monitor is judged by", () => {
  it("are the same in every run, so that two versions can be compared", () => {
    expect(makeCases("known")).toEqual(makeCases("known"));
    expect(makeCases("known", 1)).not.toEqual(makeCases("known"));
  });

  it("are hundreds, of every kind", () => {
    for (const name of ["known", "held-out"] as const) {
      const cases = makeCases(name);
      expect(cases.length).toBeGreaterThan(300);
      for (const kind of KINDS) expect(cases.filter((one) => one.kind === kind).length).toBeGreaterThan(25);
    }
  });

  it("hold out words and voices that nothing was made or trained by", () => {
    const heldOut = new Set(textsOf(HELD_OUT_PHRASES));
    const used = [...textsOf(KNOWN_PHRASES), ...textsOf(TRAINING_PHRASES)];
    expect(used.filter((text) => heldOut.has(text))).toEqual([]);
    const names = CASTS.known.voices.map(({ name }) => name);
    expect(CASTS["held-out"].voices.filter(({ name }) => names.includes(name))).toEqual([]);
  });
});
