import { z } from "zod";

import { AntiphonError, type ErrorCode, toAntiphonError } from "../../../streaming/index.ts";

/** OpenAI's form of an error. */
export const errorBodySchema = z.object({
  error: z.object({
    message: z.string(),
    type: z.enum(["invalid_request_error", "rate_limit_error", "server_error"]),
    /** Which field is wrong. */
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** What is wrong with a request, as a status and in OpenAI's form. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly param: string | null;

  constructor(status: number, code: string, message: string, param: string | null = null) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.param = param;
  }

  get body(): ErrorBody {
    const { message, param, code, status } = this;
    const type =
      status === 429 ? "rate_limit_error" : status >= 500 ? "server_error" : "invalid_request_error";
    return { error: { message, type, param, code } };
  }
}

/** Seconds after which it may be worth trying again, for those statuses where it may. */
export const RETRY_AFTER_S: Readonly<Record<number, number>> = { 429: 1, 503: 5 };

const BUSY: readonly ErrorCode[] = ["session-limit", "rate-exceeded"];
const DOWN: readonly ErrorCode[] = [
  "not-ready",
  "shutting-down",
  "worker-crashed",
  "llm-unavailable",
  "llm-timeout",
  "source-unavailable",
  "model-missing",
];
/** What the sender can mend. */
const WRONG = /^(audio|picture|text|opus|message)-/u;

/** Any error as one of this API. What nobody foresaw is told without its details. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof z.ZodError) return fromSchema(error);
  const refused = fromServer(error);
  if (refused !== undefined) return refused;
  const { code, message } = toAntiphonError(error);
  if (WRONG.test(code)) return new ApiError(400, code, message);
  if (code === "unauthorized") return new ApiError(401, code, message);
  if (BUSY.includes(code)) return new ApiError(429, code, message);
  if (DOWN.includes(code)) return new ApiError(503, code, message);
  const known = error instanceof AntiphonError && code !== "internal";
  return new ApiError(500, code, known ? message : "the server failed at this request");
}

function fromSchema({ issues: [issue] }: z.ZodError): ApiError {
  const param = issue?.path.join(".") ?? "";
  return new ApiError(400, "invalid_value", `${param}: ${issue?.message ?? "is invalid"}`, param || null);
}

/** What the HTTP server itself refuses: bodies that are no JSON, too large, of an unknown kind … */
function fromServer(error: unknown): ApiError | undefined {
  if (!(error instanceof Error) || !("statusCode" in error) || typeof error.statusCode !== "number") return;
  if (error.statusCode < 400 || error.statusCode >= 500) return;
  const status = error.statusCode === 406 ? 415 : error.statusCode;
  return new ApiError(status, SERVER_CODES[status] ?? "invalid_request", error.message);
}

const SERVER_CODES: Readonly<Record<number, string>> = {
  408: "request_timeout",
  413: "request_too_large",
  415: "unsupported_media_type",
};
