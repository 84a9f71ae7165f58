import type { SessionOptions } from "../../../streaming/index.ts";
import type { TurnDetection } from "./session-schema.ts";

/** How much longer than usual a speaker who pauses is waited for. */
const PATIENCE = { low: 2, medium: 1, auto: 1, high: 0.6 } as const;

/** How turns are to be taken; where the client takes them, a commit ends no response. */
export function mannersOf(detection: TurnDetection | null): NonNullable<SessionOptions["manners"]> {
  if (detection === null) return { overlap: "unanswered" };
  const { create_response, interrupt_response } = detection;
  const overlap = interrupt_response ? "interrupts" : create_response ? "answered-after" : "unanswered";
  if (detection.type === "semantic_vad") return { overlap, patience: PATIENCE[detection.eagerness] };
  const { silence_duration_ms: silenceMs, idle_timeout_ms: idleMs } = detection;
  return {
    overlap,
    ...(silenceMs !== undefined && { silenceMs }),
    // Where the client says when to answer, silence is no reason to.
    ...(create_response && idleMs !== null && { idleMs }),
  };
}

/** What the recogniser hears before the sound that a client is told of, so that 300 ms are what it hears everywhere. */
const HEARD_BEFORE_MS = 200;

/** How speech is to be told from silence. */
export function hearingOf(detection: TurnDetection | null): NonNullable<SessionOptions["hearing"]> {
  if (detection?.type !== "server_vad") return {};
  const { threshold, prefix_padding_ms: paddingMs } = detection;
  return { threshold, preRollMs: paddingMs + HEARD_BEFORE_MS };
}

/** How much sound before the first of somebody's speech a client is told to be part of it. */
export function paddingMsOf(detection: TurnDetection | null): number {
  return detection?.type === "server_vad" ? detection.prefix_padding_ms : 0;
}
