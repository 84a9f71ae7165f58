import { readFileSync } from "node:fs";
import { join } from "node:path";

import { hasRecording, recording } from "./recordings.ts";

/** What the reference implementations say about one recorded sentence; see make_detector_reference.py. */
interface DetectorReference {
  /** Probability of speech in each window of 512 samples. */
  readonly speech: readonly number[];
  readonly endOfTurn: number;
  readonly endOfTurnInFirstHalf: number;
  readonly endOfTurnFourTimes: number;
}

export interface ReferenceRecording extends DetectorReference {
  readonly name: string;
  /** 16 kHz. */
  readonly samples: Float32Array;
}

/** The recordings of the project, and those beside it where they are there. */
export async function detectorReferences(): Promise<readonly ReferenceRecording[]> {
  const path = join(import.meta.dirname, "../fixtures/audio/detector-reference.json");
  const references = JSON.parse(readFileSync(path, "utf8")) as Record<string, DetectorReference>;
  const here = Object.entries(references).filter(([name]) => hasRecording(name));
  return await Promise.all(
    here.map(async ([name, reference]) => ({ name, samples: await recording(name), ...reference })),
  );
}
