import { lock } from "proper-lockfile";

import { AntiphonError } from "../../streaming/index.ts";
import { abortableDelay, isErrno } from "./system.ts";

/** A lock whose owner has not refreshed it for this long belongs to a process that died. */
const STALE_AFTER_MS = 10_000;
const POLL_MS = 250;

export interface LockOptions {
  readonly signal: AbortSignal;
  /** Called once when another process has the lock. */
  readonly onWait: () => void;
}

/**
 * Runs `work` while no other process runs work for the same path. Waits as long as the other is alive. The signal given
 * to `work` also aborts if the lock is lost (the machine slept and another process took over).
 */
export async function withLock<T>(
  path: string,
  { signal, onWait }: LockOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const onCompromised = (cause: Error): void => {
    lost.abort(
      new AntiphonError("source-unavailable", `another process took over ${path}; run the command again`, {
        cause,
      }),
    );
  };
  const release = await acquire(path, onCompromised, { signal, onWait });
  try {
    return await work(AbortSignal.any([signal, lost.signal]));
  } finally {
    // Releasing a lock that was lost fails, and that is no news.
    await release().catch(() => undefined);
  }
}

async function acquire(
  path: string,
  onCompromised: (cause: Error) => void,
  { signal, onWait }: LockOptions,
): Promise<() => Promise<void>> {
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await lock(path, { realpath: false, stale: STALE_AFTER_MS, onCompromised });
    } catch (error) {
      if (!isErrno(error, "ELOCKED")) throw error;
    }
    if (attempt === 0) onWait();
    await abortableDelay(POLL_MS, signal);
  }
}
