import { z } from "zod";

import type { WorkletUrls } from "../client/sound.ts";

export * from "../client/index.ts";

// A page whose security policy forbids code that is made at run time can use this as it is.
z.config({ jitless: true });

/** The two built worklets that lie beside this file: what `VoiceClient` takes as `worklets`. */
export const worklets: WorkletUrls = { capture: beside("capture.js"), playback: beside("playback.js") };

function beside(name: string): string {
  return new URL(name, import.meta.url).href;
}
