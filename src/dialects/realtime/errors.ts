import type { z } from "zod";

import { type AntiphonError, type ErrorCode } from "../../../streaming/index.ts";

/** What an error tells, in the form of this dialect. */
export interface RealtimeErrorDetails {
  readonly type: "invalid_request_error" | "rate_limit_error" | "authentication_error" | "server_error";
  readonly code: string;
  readonly message: string;
  /** The field that is at fault, such as `session.audio.input.format`. */
  readonly param: string | null;
}

/** A mistake of the client: told in an `error` event, after which the session goes on. */
export class RealtimeError extends Error {
  readonly details: RealtimeErrorDetails;

  constructor(code: string, message: string, param: string | null = null) {
    super(message);
    this.name = "RealtimeError";
    this.details = { type: "invalid_request_error", code, message, param };
  }
}

export const NO_KEY: RealtimeErrorDetails = {
  type: "authentication_error",
  code: "invalid_api_key",
  message: "This server asks for a key.",
  param: null,
};

/** The first thing that is wrong with a value, as OpenAI names it. */
export function invalidValue(error: z.core.$ZodError, root: string): RealtimeError {
  const [issue] = error.issues;
  const path = [root, ...(issue?.path ?? [])].filter((part) => part !== "");
  const param = path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./u, "");
  const isMissing = issue?.code === "invalid_type" && issue.message.endsWith("received undefined");
  return isMissing
    ? new RealtimeError("missing_required_parameter", `Missing required parameter: '${param}'.`, param)
    : new RealtimeError("invalid_value", `Invalid value: '${param}'. ${issue?.message ?? ""}`, param);
}

const TYPES: Partial<Record<ErrorCode, RealtimeErrorDetails["type"]>> = {
  "message-invalid": "invalid_request_error",
  "frame-invalid": "invalid_request_error",
  "frame-too-large": "invalid_request_error",
  "audio-unreadable": "invalid_request_error",
  "text-empty": "invalid_request_error",
  "text-too-long": "invalid_request_error",
  "picture-unreadable": "invalid_request_error",
  "picture-format": "invalid_request_error",
  "picture-animated": "invalid_request_error",
  "picture-too-large": "invalid_request_error",
  "picture-timeout": "invalid_request_error",
  "rate-exceeded": "rate_limit_error",
  "session-limit": "rate_limit_error",
};

/** One of our own errors in the form of this dialect: its code with underscores. */
export function detailsOf({ code, message }: Pick<AntiphonError, "code" | "message">): RealtimeErrorDetails {
  return { type: TYPES[code] ?? "server_error", code: code.replaceAll("-", "_"), message, param: null };
}
