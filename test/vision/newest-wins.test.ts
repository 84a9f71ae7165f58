import fc from "fast-check";
import { expect, test } from "vitest";

import { NewestWins } from "../../vision/index.ts";

/** Work that ends when the test says so. */
function manualWork() {
  const begun: number[] = [];
  let finish: (() => void) | undefined;
  const work = async (item: number): Promise<void> => {
    expect(finish).toBeUndefined();
    begun.push(item);
    await new Promise<void>((resolve) => (finish = resolve));
    finish = undefined;
  };
  const finishOne = async (): Promise<void> => {
    finish?.();
    for (let round = 0; round < 5; round++) await Promise.resolve();
  };
  return { work, begun, finishOne };
}

test("at most one is in flight, the newest is always worked on, and every other is counted as dropped", async () => {
  const steps = fc.array(fc.boolean(), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const { work, begun, finishOne } = manualWork();
      const gate = new NewestWins(work);
      let offered = 0;
      for (const isOffer of plan) {
        if (isOffer) gate.offer(++offered);
        else await finishOne();
      }
      for (let round = 0; round < 3; round++) await finishOne();
      await gate.idle();
      expect(begun.at(-1) ?? 0).toBe(offered);
      expect(begun).toEqual(begun.toSorted((a, b) => a - b));
      expect(begun.length + gate.dropped).toBe(offered);
    }),
  );
});

test("what gave way is handed back, and what was cleared is not worked on", async () => {
  const { work, begun, finishOne } = manualWork();
  const gate = new NewestWins(work);
  expect([gate.offer(1), gate.offer(2), gate.offer(3)]).toEqual([undefined, undefined, 2]);
  gate.clear();
  await finishOne();
  await gate.idle();
  expect(begun).toEqual([1]);
  gate.offer(4);
  await finishOne();
  expect(begun).toEqual([1, 4]);
});
