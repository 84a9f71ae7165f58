import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What the reference implementations say about one recorded sentence; see make_detector_reference.py. */
export interface DetectorReference {
  /** Probability of speech in each window of 512 samples. */
  readonly speech: readonly number[];
  readonly endOfTurn: number;
  readonly endOfTurnInFirstHalf: number;
  readonly endOfTurnFourTimes: number;
}

/** By file name in the shared speech folder. */
export function detectorReference(): Record<string, DetectorReference> {
  const path = join(import.meta.dirname, "../fixtures/audio/detector-reference.json");
  return JSON.parse(readFileSync(path, "utf8")) as Record<string, DetectorReference>;
}
