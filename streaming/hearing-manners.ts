import { DEFAULT_SEGMENTER_OPTIONS } from "../audio/index.ts";
import type { SegmenterSettings } from "../audio/index.ts";

/** How one conversation's client wants speech to be told from silence. What it does not say is as everywhere. */
export interface HearingManners {
  /** How probably a window of sound must be speech to begin some, 0…1. @default 0.5 */
  readonly threshold?: number;
  /** Sound before the first window of speech that is recognised with it, in milliseconds. @default 500 */
  readonly preRollMs?: number;
}

/** Below, what the detector makes of silence would be speech, and no turn would end; above, nothing would be. */
const LOWEST_THRESHOLD = 0.05;
const HIGHEST_THRESHOLD = 0.95;

/** Speech goes on down to this share of the threshold. */
const GOES_ON_SHARE = DEFAULT_SEGMENTER_OPTIONS.silenceThreshold / DEFAULT_SEGMENTER_OPTIONS.speechThreshold;

/** What that means for the segmenter. */
export function segmenterSettings({
  threshold = DEFAULT_SEGMENTER_OPTIONS.speechThreshold,
  preRollMs = DEFAULT_SEGMENTER_OPTIONS.preRollMs,
}: HearingManners = {}): SegmenterSettings {
  const speechThreshold = Math.min(HIGHEST_THRESHOLD, Math.max(LOWEST_THRESHOLD, threshold));
  return { speechThreshold, silenceThreshold: GOES_ON_SHARE * speechThreshold, preRollMs };
}
