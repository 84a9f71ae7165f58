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
  const { silence_duration_ms: silenceMs } = detection;
  return { overlap, ...(silenceMs !== undefined && { silenceMs }) };
}
