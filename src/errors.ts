import { AudioError } from "../audio/index.ts";
import { AntiphonError } from "../streaming/index.ts";

/** What went wrong as the one class with a code: known errors keep theirs, everything else is `internal`. */
export function toAntiphonError(error: unknown): AntiphonError {
  if (error instanceof AntiphonError) return error;
  if (error instanceof AudioError) return new AntiphonError(error.code, error.message, { cause: error });
  const message = error instanceof Error ? error.message : String(error);
  return new AntiphonError("internal", message, { cause: error });
}
