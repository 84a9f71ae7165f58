import { useEffect } from "preact/hooks";

import { canStayAwake } from "../client/index.ts";

/** Keeps the screen on while one talks: a phone that falls asleep takes the microphone away. */
export function useWakeLock(isActive: boolean): void {
  useEffect(() => {
    if (!isActive || !canStayAwake()) return undefined;
    let lock: Promise<WakeLockSentinel | undefined> | undefined;
    // The browser takes it back whenever the page is hidden, and may refuse it, such as on a low battery.
    const request = (): void => {
      if (document.visibilityState === "visible")
        lock = navigator.wakeLock.request("screen").catch(() => undefined);
    };
    request();
    document.addEventListener("visibilitychange", request);
    return () => {
      document.removeEventListener("visibilitychange", request);
      void lock?.then((held) => held?.release());
    };
  }, [isActive]);
}
