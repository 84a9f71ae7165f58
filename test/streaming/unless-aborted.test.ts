import { getEventListeners } from "node:events";

import { expect, it } from "vitest";

import { unlessAborted } from "../../streaming/unless-aborted.ts";

const never = new Promise<never>(() => undefined);

it("a wait for what never comes ends with the reason, and leaves no listener", async () => {
  const controller = new AbortController();
  const waiting = unlessAborted(never, controller.signal);
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  await expect(unlessAborted(never, controller.signal)).rejects.toThrow("enough");
});

it("what comes before is passed on, failures too, and no listener is left", async () => {
  const { signal } = new AbortController();
  expect(await unlessAborted(Promise.resolve(7), signal)).toBe(7);
  await expect(unlessAborted(Promise.reject(new Error("broken")), signal)).rejects.toThrow("broken");
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
