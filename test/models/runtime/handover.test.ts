import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Handover } from "../../../models/runtime/handover.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Notes what was asked, and which of the waits are over. */
function setUp() {
  let asked = 0;
  const over: string[] = [];
  const handover = new Handover(() => (asked += 1));
  const wait = (name: string): void => {
    void handover.untilTaken().then(() => over.push(name));
  };
  const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
  return { handover, over, wait, settled, asked: () => asked };
}

test("the other thread is asked once, and waited for until it answers", async () => {
  const { handover, over, wait, settled, asked } = setUp();
  wait("a");
  await settled();
  expect([asked(), over]).toEqual([1, []]);
  handover.answered();
  await settled();
  expect(over).toEqual(["a"]);
});

test("a thread that is busy is gone on without after 20 ms, and its late answer ends no later wait", async () => {
  const { handover, over, wait, settled } = setUp();
  wait("a");
  await vi.advanceTimersByTimeAsync(19);
  expect(over).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(over).toEqual(["a"]);
  wait("b");
  handover.answered();
  await settled();
  expect(over).toEqual(["a"]);
  handover.answered();
  await settled();
  expect(over).toEqual(["a", "b"]);
});

test("an answer that nobody asked for is ignored", async () => {
  const { handover, over, wait, settled } = setUp();
  handover.answered();
  wait("a");
  await settled();
  expect(over).toEqual([]);
  handover.answered();
  await settled();
  expect(over).toEqual(["a"]);
});
