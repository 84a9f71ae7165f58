import { AntiphonError } from "../../streaming/index.ts";
import type { IncomingAudio } from "./audio-codec.ts";
import type { Conversation } from "./conversations.ts";
import { type BinaryFrame, decodeFrame } from "./frames.ts";
import type { InboundLimits } from "./inbound-limits.ts";
import type { PictureIntake } from "./picture-intake.ts";

/** Where a connection's binary messages go, and what holds them to limits. */
export interface FrameTarget {
  readonly conversation: Conversation;
  readonly incoming: IncomingAudio;
  readonly limits: InboundLimits;
  readonly pictures: PictureIntake;
}

/**
 * Hands what a client's microphone or camera sent to the conversation.
 * @throws AntiphonError `frame-invalid`, `rate-exceeded`, `picture-time`; AudioError `opus-invalid`.
 */
export function takeFrame(bytes: Uint8Array, target: FrameTarget): void {
  const frame = decodeFrame(bytes);
  switch (frame.kind) {
    case "audio-in":
      hear(frame, target);
      return;
    case "picture-in": {
      const picture = target.pictures.take(frame, target.incoming.clockMs);
      if (picture !== undefined) target.conversation.pushPicture(picture);
      return;
    }
    case "audio-out":
      throw new AntiphonError("frame-invalid", `a client cannot send ${frame.kind}`);
  }
}

function hear({ payload, timestampMs }: BinaryFrame, { conversation, incoming, limits }: FrameTarget): void {
  limits.admitAudio(incoming.durationMs(payload) + incoming.gapMs(timestampMs));
  try {
    conversation.pushAudio(incoming.decode(payload, timestampMs));
  } catch (error) {
    conversation.pushAudio(incoming.conceal(payload));
    throw error;
  }
}
