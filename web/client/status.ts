import type { VoiceState } from "./voice-state.ts";

/** What one indicator can say of a conversation. */
export type Status =
  | "off"
  | "connecting"
  | "loading"
  | "reconnecting"
  | "listening"
  | "muted"
  /** Nothing is heard until the key is held. */
  | "released"
  /** There is no microphone, or none yet: one can type. */
  | "deaf"
  | "hearing"
  | "thinking"
  | "speaking"
  | "interrupted";

/** What is going on, in one word: the user first, then the answer, then the line. */
export function statusOf(state: VoiceState): Status {
  const { conversation, microphone, isStarted, isMuted, isAudible, isInterrupted, mode, isTalking } = state;
  if (!isStarted || conversation.link === "closed") return "off";
  if (conversation.link === "loading") return "loading";
  if (conversation.link === "waiting") return "reconnecting";
  if (conversation.link === "connecting") return "connecting";
  if (conversation.isUserSpeaking) return "hearing";
  if (isAudible) return conversation.floor === "paused" ? "hearing" : "speaking";
  if (conversation.answering !== undefined || conversation.awaited !== undefined) return "thinking";
  if (microphone === undefined) return "deaf";
  if (isMuted) return "muted";
  if (mode === "push-to-talk" && !isTalking) return "released";
  return isInterrupted ? "interrupted" : "listening";
}
