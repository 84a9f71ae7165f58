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
    const leave = ({ target, detail }: MouseEvent): void => {
      // A button that was clicked keeps the focus, and Space would press it again; one that was pressed by key is to stay.
      const button = detail > 0 && target instanceof Element ? target.closest("button") : null;
      button?.blur();
    };
    addEventListener("click", leave);
    addEventListener("keydown", press);
    addEventListener("keyup", release);
    addEventListener("blur", release);
    return () => {
      removeEventListener("click", leave);
      removeEventListener("keydown", press);
      removeEventListener("keyup", release);
      removeEventListener("blur", release);
    };
  }, [client, isActive]);
}
