import type { ErrorCode } from "../../streaming/index.ts";

/** WebSocket close codes of RFC 6455 and the IANA registry that we use. */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  policyViolation: 1008,
  messageTooBig: 1009,
  internalError: 1011,
  tryAgainLater: 1013,
} as const;

/** Errors that end the connection, with the close code each ends it with. All others leave it open. */
const FATAL: Partial<Record<ErrorCode, number>> = {
  "protocol-version": CLOSE.policyViolation,
  "hello-timeout": CLOSE.policyViolation,
  unauthorized: CLOSE.policyViolation,
  "opus-unavailable": CLOSE.policyViolation,
  "frame-too-large": CLOSE.messageTooBig,
  "session-limit": CLOSE.tryAgainLater,
  "not-ready": CLOSE.tryAgainLater,
  "idle-timeout": CLOSE.normal,
  "shutting-down": CLOSE.goingAway,
  internal: CLOSE.internalError,
};

/** The close code of an error that always ends the connection, undefined for one that does not. */
export function closeCodeOf(code: ErrorCode): number | undefined {
  return FATAL[code];
}
