import { expect, test } from "vitest";

import { NO_CONVERSATION } from "../../web/client/conversation-state.ts";
import { statusOf } from "../../web/client/status.ts";
import { NOT_STARTED, type VoiceState } from "../../web/client/voice-state.ts";

const talking: VoiceState = {
  ...NOT_STARTED,
  conversation: { ...NO_CONVERSATION, link: "open" },
  microphone: { deviceId: "m", label: "Mic", sampleRate: 48_000, echoCancellation: "all" },
  isStarted: true,
};

test("nobody is said to listen who has no microphone", () => {
  expect(statusOf(talking)).toBe("listening");
  expect(statusOf({ ...talking, isMuted: true })).toBe("muted");
  expect(statusOf({ ...talking, microphone: undefined })).toBe("deaf");
});

test("who only types is told neither that a microphone is missing nor that an answer is spoken", () => {
  const typing = { ...talking, microphone: undefined, isWritten: true };
  expect(statusOf(typing)).toBe("written");
  expect(statusOf({ ...typing, conversation: { ...talking.conversation, awaited: 1 } })).toBe("thinking");
  expect(statusOf({ ...typing, conversation: { ...talking.conversation, answering: 1 } })).toBe("writing");
  expect(statusOf({ ...typing, conversation: { ...talking.conversation, link: "loading" } })).toBe("loading");
});

test("with push-to-talk it listens only while the key is held", () => {
  expect(statusOf({ ...talking, mode: "push-to-talk" })).toBe("released");
  expect(statusOf({ ...talking, mode: "push-to-talk", isTalking: true })).toBe("listening");
});

test("an interruption is told, but not to whom it would hide that nothing is heard of him", () => {
  const interrupted = { ...talking, isInterrupted: true };
  expect(statusOf(interrupted)).toBe("interrupted");
  expect(statusOf({ ...interrupted, microphone: undefined })).toBe("deaf");
  expect(statusOf({ ...interrupted, isMuted: true })).toBe("muted");
  expect(statusOf({ ...interrupted, mode: "push-to-talk" })).toBe("released");
  expect(statusOf({ ...interrupted, conversation: { ...talking.conversation, awaited: 2 } })).toBe(
    "thinking",
  );
});

test("from understood words to their sound it thinks, then speaks", () => {
  const { conversation } = talking;
  expect(statusOf({ ...talking, conversation: { ...conversation, awaited: 1 } })).toBe("thinking");
  const answering = { ...talking, conversation: { ...conversation, answering: 1 } };
  expect(statusOf(answering)).toBe("thinking");
  expect(statusOf({ ...answering, isAudible: true })).toBe("speaking");
  const interjecting = { ...answering.conversation, isUserSpeaking: true };
  expect(statusOf({ ...talking, conversation: interjecting, isAudible: true })).toBe("hearing");
});
