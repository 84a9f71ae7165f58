export { canChooseLoudspeaker, canShowScreen, canStayAwake, mediaDevices } from "./abilities.ts";
export { CAPTURE_RATE, FRAME_MS } from "./capture-messages.ts";
export { Camera, type CameraState, type Picture } from "./camera.ts";
export type { Answer, ConversationState, Decision, Timings, Turn, View } from "./conversation-state.ts";
export { forgetPictures } from "./forget-pictures.ts";
export { type Status, statusOf } from "./status.ts";
export type { Mark, Span, Timeline } from "./timeline.ts";
export { VoiceClient } from "./voice-client.ts";
export type { Mode, VoiceState } from "./voice-state.ts";
