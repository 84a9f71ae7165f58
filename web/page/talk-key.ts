import { useEffect } from "preact/hooks";

import type { VoiceClient } from "../client/index.ts";

/** Where Space has a meaning of its own; on the mode that was just chosen it has none. */
const TYPING = "input:not([type=radio]:checked), textarea, select, button, summary, a";

/** Talks while Space is held, except where it types or presses. */
export function useTalkKey(client: VoiceClient, isActive: boolean): void {
  useEffect(() => {
    if (!isActive) return undefined;
    const press = (event: KeyboardEvent): void => {
      if (event.code !== "Space" || (event.target instanceof Element && event.target.closest(TYPING))) return;
      event.preventDefault();
      client.setTalking(true);
    };
    const release = (event: Event): void => {
      if (event instanceof KeyboardEvent && event.code !== "Space") return;
      client.setTalking(false);
    };
    addEventListener("keydown", press);
    addEventListener("keyup", release);
    addEventListener("blur", release);
    return () => {
      removeEventListener("keydown", press);
      removeEventListener("keyup", release);
      removeEventListener("blur", release);
    };
  }, [client, isActive]);
}
