import { setTimeout as delay } from "node:timers/promises";

import type { Clock } from "../streaming/index.ts";

/** The machine's monotonic clock; immune to changes of the time of day. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  sleep: async (ms, { signal }) => {
    signal.throwIfAborted();
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};
