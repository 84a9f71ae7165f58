import { AudioError } from "../audio/index.ts";
import { VisionError } from "../vision/index.ts";

/**
 * The closed list of reasons why Antiphon can refuse or fail. The code is the contract: programs may branch on it,
 * messages are for people. Every code has a line in docs/errors.md.
 */
export type ErrorCode =
  // sound and text that came in
  | "audio-unreadable"
  | "audio-empty"
  | "audio-too-long"
  | "audio-channels"
  | "audio-rate"
  | "opus-invalid"
  | "opus-unavailable"
  | "text-empty"
  | "text-too-long"
  | "output-unwritable"
  // pictures
  | "picture-unreadable"
  | "picture-format"
  | "picture-animated"
  | "picture-too-large"
  | "picture-timeout"
  | "picture-time"
  // models and their files
  | "pack-unknown"
  | "model-missing"
  | "model-corrupt"
  | "source-unavailable"
  | "disk-full"
  | "checkpoint-invalid"
  | "checkpoint-unsupported"
  | "graph-invalid"
  // running networks
  | "worker-crashed"
  | "inference-failed"
  | "llm-unavailable"
  | "llm-timeout"
  | "answer-timeout"
  // the wire
  | "protocol-version"
  | "message-invalid"
  | "message-unknown"
  | "frame-invalid"
  | "frame-too-large"
  | "rate-exceeded"
  | "session-limit"
  | "idle-timeout"
  | "hello-timeout"
  | "unauthorized"
  | "not-ready"
  | "shutting-down"
  | "connection-failed"
  // set-up
  | "config-invalid"
  | "port-in-use"
  | "sound-unavailable"
  | "internal";

/** The one error class of streaming, models and src. */
export class AntiphonError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AntiphonError";
    this.code = code;
  }
}

/** The error itself where it is ours, one with the same code for an AudioError or VisionError, else an `internal` one that names it. */
export function toAntiphonError(error: unknown): AntiphonError {
  if (error instanceof AntiphonError) return error;
  if (error instanceof AudioError || error instanceof VisionError)
    return new AntiphonError(error.code, error.message, { cause: error });
  return new AntiphonError("internal", messageOf(error), { cause: error });
}

/** What a thrown value says of itself. Anything can be thrown, even what has no text: an object without a prototype, say. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  try {
    return String(thrown);
  } catch {
    return "a value without a text was thrown";
  }
}
