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
  /** There is no microphone, or none yet, or the browser lets nothing be heard: one can type. */
  | "deaf"
  /** Nobody has asked for sound. */
  | "written"
  | "hearing"
  | "thinking"
  | "speaking"
  /** An answer comes that nobody hears. */
  | "writing"
  | "interrupted";

/** What is going on, in one word: the user first, then the answer, then the line. */
export function statusOf(state: VoiceState): Status {
  const { conversation, microphone, isStarted, isAudible, isWritten, isSuspended } = state;
  if (!isStarted || conversation.link === "closed") return "off";
  if (conversation.link === "loading") return "loading";
  if (conversation.link === "waiting") return "reconnecting";
  if (conversation.link === "connecting") return "connecting";
  if (isSuspended) return "deaf";
  if (conversation.isUserSpeaking) return "hearing";
  if (isAudible) return conversation.floor === "paused" ? "hearing" : "speaking";
  if (isWritten && conversation.answering !== undefined) return "writing";
  if (conversation.answering !== undefined || conversation.awaited !== undefined) return "thinking";
  if (microphone === undefined) return isWritten ? "written" : "deaf";
  return attentionOf(state);
}

/** Whether it listens, or why not. */
function attentionOf({ isMuted, mode, isTalking, isInterrupted }: VoiceState): Status {
  if (isMuted) return "muted";
  if (mode === "push-to-talk" && !isTalking) return "released";
  return isInterrupted ? "interrupted" : "listening";
}
