import "../client/no-eval.ts";

import type { WorkletUrls } from "../client/sound.ts";

export * from "../client/index.ts";

/** The two built worklets that lie beside this file: what `VoiceClient` takes as `worklets`. */
export const worklets: WorkletUrls = { capture: beside("capture.js"), playback: beside("playback.js") };

function beside(name: string): string {
  return new URL(name, import.meta.url).href;
}
