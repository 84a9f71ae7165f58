import type { Clock } from "./clock.ts";
import { unlessAborted } from "./unless-aborted.ts";

/**
 * Waits for `work`, which is told to stop after `limitMs`. Rejects with its error, with `signal.reason`, or with a
 * `TimeoutError`.
 */
export async function within<Result>(
  limitMs: number,
  clock: Clock,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  const limited = AbortSignal.any([signal, over.signal]);
  const giveUp = (): void => {
    over.abort(new DOMException("it takes too long", "TimeoutError"));
  };
  clock.sleep(limitMs, { signal: limited }).then(giveUp, () => undefined);
  try {
    return await unlessAborted(work(limited), limited);
  } finally {
    giveUp();
  }
}
