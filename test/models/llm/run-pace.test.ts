import { describe, expect, it } from "vitest";

import { RunPace } from "../../../models/llm/run-pace.ts";

/** Notes runs on a machine that takes `oneMs` for a token and `eachMs` for every further one. */
function learned(oneMs: number, eachMs: number): RunPace {
  const pace = new RunPace();
  for (let round = 0; round < 60; round++) {
    pace.note(1, oneMs);
    pace.note(9, oneMs + 8 * eachMs);
  }
  return pace;
}

describe("the pace of runs", () => {
  it("tells how many tokens fit into a time, counting the weights once", () => {
    expect(learned(60, 10).tokensWithin(150)).toBeGreaterThanOrEqual(9);
    expect(learned(8, 1).tokensWithin(150)).toBe(143);
  });

  it("never asks for runs so short that they only read weights", () => {
    expect(learned(400, 100).tokensWithin(150)).toBe(4);
  });

  it("is not thrown off for long by one run that the machine slowed down", () => {
    const pace = learned(60, 10);
    pace.note(9, 1000);
    for (let round = 0; round < 20; round++) pace.note(9, 140);
    expect(pace.tokensWithin(150)).toBeGreaterThanOrEqual(9);
  });
});
