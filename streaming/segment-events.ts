import { sampleMs } from "./listening.ts";
import type { HeardWindow } from "./listening.ts";
import type { TurnEvent } from "./turn-state.ts";

/** What a step of the segmenter means for the taking of turns; nothing at the end of a segment, which follows from the rest. */
export function turnEventOf(segment: HeardWindow["segment"]): TurnEvent | undefined {
  switch (segment?.type) {
    case "speech-onset":
      return { type: "speech-onset", atMs: sampleMs(segment.onsetSample) };
    case "false-onset":
      return { type: "false-alarm", atMs: sampleMs(segment.atSample) };
    case "speech-start":
      return { type: "speech-start", atMs: sampleMs(segment.onsetSample) };
    case "speech-pause":
      return { type: "speech-pause", atMs: sampleMs(segment.endSample) };
    case "speech-resume":
      return { type: "speech-resume", atMs: sampleMs(segment.atSample) };
    case "speech-end":
    case undefined:
      return undefined;
  }
}
