import { expect, test } from "vitest";

import { Places } from "../../../../src/dialects/realtime/places.ts";

const nobodyStops = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("as many are in as there are places, and who waits comes in by turns", async () => {
  const places = new Places(2);
  const entered: number[] = [];
  const enter = async (index: number) => {
    const giveUp = await places.take(nobodyStops);
    entered.push(index);
    return giveUp;
  };
  const [first, , third] = [0, 1, 2, 3].map(enter);
  await settled();
  expect(entered).toEqual([0, 1]);
  (await first)?.();
  await settled();
  expect(entered).toEqual([0, 1, 2]);
  (await third)?.();
  await settled();
  expect(entered).toEqual([0, 1, 2, 3]);
});

test("who stops waiting takes no place", async () => {
  const places = new Places(1);
  const giveUp = await places.take(nobodyStops);
  const controller = new AbortController();
  const waiting = places.take(controller.signal);
  controller.abort(new Error("gone"));
  await expect(waiting).rejects.toThrow("gone");
  await expect(places.take(controller.signal)).rejects.toThrow("gone");
  giveUp();
  await expect(places.take(nobodyStops)).resolves.toBeTypeOf("function");
});
