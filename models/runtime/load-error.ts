import { basename } from "node:path";

import { AntiphonError, messageOf } from "../../streaming/index.ts";
import type { ErrorCode } from "../../streaming/index.ts";

/** Codes that a damaged file may be behind. */
const DAMAGE: ReadonlySet<ErrorCode> = new Set([
  "graph-invalid",
  "checkpoint-invalid",
  "checkpoint-unsupported",
]);

/** What the system's own errors mean when an engine is loaded and its networks are compiled. */
const SYSTEM_CODES: Readonly<Partial<Record<string, ErrorCode>>> = {
  ENOSPC: "disk-full",
  EDQUOT: "disk-full",
  ENOENT: "model-missing",
  EACCES: "config-invalid",
  EPERM: "config-invalid",
  EROFS: "config-invalid",
};

/**
 * Why an engine could not be loaded, with one of our codes and the names of the files that it is made of: a parser that
 * trips over a flipped bit knows neither.
 */
export function loadError(error: unknown, engine: string, config: unknown): AntiphonError {
  const message = messageOf(error);
  const code = error instanceof AntiphonError ? error.code : codeOf(error);
  if (error instanceof AntiphonError && !DAMAGE.has(code)) return error;
  const verify = "npm run -s antiphon -- models verify";
  const advice = DAMAGE.has(code) ? `. Whether one of them is damaged, "${verify}" says` : "";
  const files = filesOf(config).join(", ");
  return new AntiphonError(code, `${message} (while loading ${engine} from ${files})${advice}`, {
    cause: error,
  });
}

function codeOf(error: unknown): ErrorCode {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return (typeof code === "string" ? SYSTEM_CODES[code] : undefined) ?? "checkpoint-invalid";
}

/** The settings that name files end in `Path`. */
function filesOf(config: unknown): string[] {
  if (typeof config !== "object" || config === null) return [];
  return Object.entries(config).flatMap(([key, value]) =>
    key.endsWith("Path") && typeof value === "string" ? [basename(value)] : [],
  );
}
