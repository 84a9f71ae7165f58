import { type ConversationState, NO_CONVERSATION } from "./conversation-state.ts";
import type { MicrophoneSettings } from "./sound.ts";

/**
 * `hands-free`: the server decides when a turn is over. `push-to-talk`: nothing is heard but while a key is held.
 * `patient`: an answer waits until the user has been silent for a while.
 */
export type Mode = "hands-free" | "push-to-talk" | "patient";

/** All that a page shows, but the levels. */
export interface VoiceState {
  readonly conversation: ConversationState;
  readonly microphone: MicrophoneSettings | undefined;
  /** The name of the DOMException with which the browser refused the microphone; `no-sound` where it has none at all. */
  readonly microphoneProblem: string | undefined;
  /** Whether the chosen loudspeaker could not be used, so that another one plays. */
  readonly isLoudspeakerRefused: boolean;
  /** Whether the browser has stopped all sound of the page, so that nothing is heard on either side until it goes on. */
  readonly isSuspended: boolean;
  readonly isStarted: boolean;
  /** Whether all is typed and read: nobody has asked for microphone and loudspeaker yet. */
  readonly isWritten: boolean;
  readonly isMuted: boolean;
  readonly mode: Mode;
  /** Push-to-talk: whether the key is held. */
  readonly isTalking: boolean;
  /** Of the answer that is heard, whether a patient client holds it back. */
  readonly isHolding: boolean;
  readonly isRecording: boolean;
  /** Whether sound of an answer is left to be heard. */
  readonly isAudible: boolean;
  /** Whether an answer was interrupted a moment ago. */
  readonly isInterrupted: boolean;
  readonly underruns: number;
  readonly droppedFrames: number;
  /** How the microphone's sound travels. */
  readonly codec: "Opus" | "PCM" | undefined;
}

/** Before anybody wants to talk. */
export const NOT_STARTED: VoiceState = {
  conversation: NO_CONVERSATION,
  microphone: undefined,
  microphoneProblem: undefined,
  isLoudspeakerRefused: false,
  isSuspended: false,
  isStarted: false,
  isWritten: false,
  isMuted: false,
  mode: "hands-free",
  isTalking: false,
  isHolding: false,
  isRecording: false,
  isAudible: false,
  isInterrupted: false,
  underruns: 0,
  droppedFrames: 0,
  codec: undefined,
};

/** What is true of microphone and loudspeaker once both are given back. */
export const HUNG_UP = {
  microphone: undefined,
  microphoneProblem: undefined,
  isLoudspeakerRefused: false,
  isSuspended: false,
  isStarted: false,
  isWritten: false,
  isTalking: false,
} as const satisfies Partial<VoiceState>;
